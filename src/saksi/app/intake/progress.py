"""How far a report has come, in four words: said by the desk as a statement, and told to whoever holds the number and its secret part."""

from __future__ import annotations

from saksi.app.home import now_text
from saksi.app.wired import Wired
from saksi.model import Asserter, BadInput, Content, Marking, Pap, Source, Statement, Tlp
from saksi.views.fact import standing

__all__ = ["WORDS", "progress", "tell_progress"]

WORDS = ("received", "looked-at", "acted-on", "closed")


def progress(node: Wired, reference: str) -> str:
    """The newest word about a report; `received` where nobody has said another."""
    facts = node.views.facts(f"report:{node.config.authority}/{reference}").facts
    said = [fact.value for fact in facts if fact.prop == "progress" and fact.schema == "Case" and standing(fact).counts]
    return str(said[-1]) if said else WORDS[0]


def tell_progress(node: Wired, reference: str, word: str, *, by: str) -> None:
    """Record how far a report has come. Raises BadInput for another word, or where there is no such report."""
    if word not in WORDS:
        raise BadInput(f"progress is one of {', '.join(WORDS)}", where="progress")
    entity = f"report:{node.config.authority}/{reference}"
    places = [(fact.leaf, fact.index) for fact in node.views.facts(entity).facts if fact.prop == "record"]
    if not places:
        raise BadInput("there is no such report", where="reference")
    now = now_text()
    config = node.config
    marking = Marking(Tlp.AMBER_STRICT, Pap.AMBER, purpose=config.purpose or None, legal_basis=config.legal_basis or None)
    source = Source(title=f"Progress of a report, told on {now}", publisher=config.authority)
    said = Statement(Content(entity, "Case", "progress", word), source, Asserter(config.authority, now, by or None), marking)
    node.ledger.append([said], subjects=[node.ledger.subjects(*places[0])])
    node.views.fold(node.ledger)
