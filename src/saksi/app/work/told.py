"""The day's work and a case as data: people by pseudonym alone, urgency in words, entries with the digest that names each."""

from __future__ import annotations

import msgspec

from saksi.actions.book import Line as RequestLine
from saksi.app.casing import CaseView
from saksi.cases import Case, Entry
from saksi.cases.board import CaseLine
from saksi.cases.chronology import Line
from saksi.cases.links import Linked
from saksi.cases.queue import ReportLine

__all__ = ["CaseAnswer", "CasesAnswer", "EnteredAnswer", "case_of", "entry_of", "is_over", "report_of", "request_of"]


class CasesAnswer(msgspec.Struct, frozen=True):
    """A page of somebody's cases."""

    cases: tuple[CaseLine, ...]
    next: str | None


class CaseAnswer(msgspec.Struct, frozen=True):
    """A case: all that speaks now for what it names (by reference), its entries with the digest of each, its chronology."""

    case: Case
    favour_now: tuple[str, ...]
    entries: tuple[dict[str, object], ...]
    chronology: tuple[Line, ...]


class EnteredAnswer(msgspec.Struct, frozen=True):
    """A case after an entry, in short: whoever made it may not see the case any more. `head` is what the next entry is made on."""

    case: str
    stand: str
    head: str


def report_of(line: ReportLine, linked: Linked) -> dict[str, object]:
    """A report that waits: how urgent and why, what is not known, what it shares with others."""
    names = ("id", "state", "age", "reported", "happened", "known", "country", "typology", "amount", "currency", "synthetic", "proposed")
    return {
        **{name: getattr(line, name) for name in names},
        "urgency": line.triage.urgency.words,
        "reasons": line.triage.reasons,
        "unknown": line.triage.unknown,
        "until": line.triage.until,
        "shares": {"candidates": linked.candidates, "hubs": linked.hubs, "floods": linked.floods},
    }


def request_of(line: RequestLine, now: str) -> dict[str, object]:
    """A request whose clock runs."""
    names = ("id", "kind", "recipient", "officer", "unit", "mine", "theirs", "waits_for", "due")
    return {**{name: getattr(line, name) for name in names}, "over": is_over(line.due, now)}


def is_over(due: str | None, now: str) -> bool:
    """Whether a UTC time that something is due at has passed."""
    return due is not None and due < now


def entry_of(entry: Entry) -> dict[str, object]:
    """An entry, and its digest: the head of the case after it."""
    return {**entry.to_json(), "head": entry.digest()}


def case_of(view: CaseView, lines: tuple[Line, ...]) -> CaseAnswer:
    """A case with all its entries and its chronology."""
    return CaseAnswer(view.case, view.favour, tuple(map(entry_of, view.entries)), lines)
