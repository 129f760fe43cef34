"""A step as a leaf of the ledger, and back.

The statement has a fifth group, the header (step, kind, from, to, urgency, due, the step answered, reason: never an observable, a name or
an amount), which can be opened to auditors alone. The leaf bears a tag that only those who know the request's nonce can link: with it
silence can be shown, while strangers see that some step was taken, and when.
"""

from __future__ import annotations

import hmac

from saksi.actions.header import header_of
from saksi.actions.history import History
from saksi.actions.step import Step
from saksi.ledger.batch import Kind as LeafKind
from saksi.ledger.core import Entry
from saksi.ledger.reading import OpenBlock
from saksi.model import Asserter, BadInput, Content, Marking, Source, Statement, canonical, parse_canonical

__all__ = ["entry_of", "step_of", "tag"]

_TAG = b"saksi/tag1\0"
_SCHEMA = {LeafKind.REQUEST: "ActionRequest", LeafKind.RECEIPT: "Receipt"}


def tag(nonce: str, step: Step, number: int) -> bytes:
    """The tag of the `number`th step (from 1): 16 bytes that link it for whoever knows the nonce, who can try all words and numbers."""
    return hmac.digest(bytes.fromhex(nonce), _TAG + step.word.value.encode() + b"\0" + number.to_bytes(4, "big"), "sha256")[:16]


def entry_of(step: Step, have: History, *, authority: str, handling: Marking, subject: bytes) -> Entry:
    """The entry for `step`, after which the request stands as `have`; `subject` is the data subject under which all its steps lie."""
    kind = LeafKind.RECEIPT if step.word.is_answer else LeafKind.REQUEST
    said = Content(entity=f"request:{step.request}", schema=_SCHEMA[kind], prop="record", value=step.to_json())
    source = Source(
        digest=step.evidence, title=f"A step of a request, {'typed from ' + step.via if step.via != 'node' else 'taken at the node'}"
    )
    made = Statement(said, source, Asserter(authority, step.at, step.person), handling)
    header = canonical(header_of(step, have, authority).to_json())
    return Entry(kind, (*made.groups(), header), (subject,), tag(have.request.nonce, step, have.steps))


def step_of(block: OpenBlock) -> Step | None:
    """The step in a block of the ledger; None where it is none, or was erased."""
    if block.kind not in _SCHEMA or block.payloads[0] is None:
        return None
    content = parse_canonical(block.payloads[0]).get("content")
    value = content.get("value") if isinstance(content, dict) else None
    if value is None:
        raise BadInput("a request's leaf holds no step", where=f"leaf {block.leaf}")
    return Step.from_json(value)
