"""What a lifting does to the listing: an outcome "false-alarm" beside the step, so that block lists leave the value out from then on.

What people said stays as they said it: a lifting says that the measure was wrong, not that nobody reported. Contested values are in no
block list (`screen.feeds`), whoever may see the denial; to retract a ground is for its author.
"""

from __future__ import annotations

from collections.abc import Iterator

from saksi.actions import History, Step, Word
from saksi.app.wired import Wired
from saksi.ledger.batch import Kind
from saksi.ledger.core import Entry
from saksi.model import Asserter, Content, Marking, Pap, Source, Statement, Tlp

__all__ = ["stood_down"]


def stood_down(node: Wired, step: Step, have: History) -> Iterator[Entry]:
    """The statements that go with `step`: one for each target on record, where a measure is lifted or ended as wrong; else none.

    They lie under no data subject: an erasure of the request brings no listing back. They name neither the request nor its ground, but who
    lifted it: an outcome that names nobody of ours is a caller's word, and takes nothing out of a list (record 67).
    """
    wrong = step.word is Word.LIFT or (step.word is Word.END and step.reason == "wrong")
    if not wrong or not have.request.rule.coercive:
        return
    config = node.config
    marking = Marking(Tlp.AMBER, Pap.AMBER, purpose=config.purpose or None, legal_basis=config.legal_basis or None)
    source = Source(title="A measure about it was lifted", publisher=config.authority)
    for target in have.request.targets:
        facts = node.views.facts(target.entity).facts
        if facts:
            said = Content(entity=target.entity, schema=facts[0].schema, prop="outcome", value="false-alarm")
            made = Statement(said, source, Asserter(config.authority, step.at, step.person), marking)
            yield Entry(Kind.PRIVATE, made.groups())
