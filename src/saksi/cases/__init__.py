"""Cases and the desk: what waits, what belongs together, who works on what, and what is done with it."""

from saksi.cases.advance import LEADS, MAY, STANDS, folded, opened, taken
from saksi.cases.case import Case, Item, Stand, Task
from saksi.cases.chronology import Clock, Line, chronology, line_of
from saksi.cases.entry import FIRST, MOST, Entry, Word
from saksi.cases.rails import RAILS, Rail
from saksi.cases.triage import Facts, Payment, Triage, Urgency, triage

__all__ = [
    "FIRST", "LEADS", "MAY", "MOST", "RAILS", "STANDS", "Case", "Clock", "Entry", "Facts", "Item", "Line", "Payment", "Rail", "Stand",
    "Task", "Triage", "Urgency", "Word", "chronology", "folded", "line_of", "opened", "taken", "triage",
]  # fmt: skip
