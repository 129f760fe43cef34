"""An entry as a statement of the ledger. Strangers see that something private was recorded, and when; not that it is a case."""

from __future__ import annotations

from saksi.cases.case import Case
from saksi.cases.entry import Entry
from saksi.ledger import core
from saksi.ledger.batch import Kind
from saksi.model import Asserter, Content, Marking, Source, Statement

__all__ = ["leaf_of"]


def leaf_of(entry: Entry, have: Case, *, authority: str, handling: Marking, subject: bytes) -> core.Entry:
    """The leaf for `entry`, after which the case stands as `have`; `subject` is the data subject under which all its entries lie."""
    said = Content(entity=f"case:{entry.case}", schema="Case", prop="record", value=entry.to_json())
    source = Source(title=f"Entry {have.entries} of a case", publisher=authority)
    made = Statement(said, source, Asserter(authority, entry.at, entry.person), handling)
    return core.Entry(Kind.PRIVATE, made.groups(), (subject,))
