"""What the page of a pack says of a case: who did what, who read it; and of every pack, the chronology by three clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from saksi.actions.pack_case import Entered, Filed
from saksi.actions.pack_clocks import CLOCKS, by_clock
from saksi.actions.pack_exhibit import Exhibit
from saksi.model import Json

__all__ = ["case_part", "chronology_part", "table"]

_TEXTS = ("task", "whom", "due", "other", "text")


def case_part(case: Filed | None, labels: Mapping[str, str]) -> str:
    """The case, entry by entry, and who read it."""
    if case is None:
        return ""
    entries = table(
        ("", "entry", "who", "at", "logged", "names", "words"),
        (_entry(one, labels) for one in case.entries),
    )
    reads = table(("when", "who", "role"), ((one.at, one.who, one.role) for one in case.reads))
    return (
        f"<h2>Case {escape(case.id)}: who did what</h2>{entries}<h2>Who read it</h2>"
        "<p>As the authority's access log had it when the pack was made, asked and refused or not. The log is chained; no proof here rests "
        f"on it.</p>{reads}"
    )


def _entry(one: Entered, labels: Mapping[str, str]) -> tuple[str, ...]:
    named = [labels.get(name, name) for name in one.names("reports", "entities", "documents", "refs")]
    favour = [labels.get(name, f"{name} (not in the pack)") for name in one.names("favour")]
    names = "; ".join(filter(None, (", ".join(named), f"speaks for somebody: {', '.join(favour)}" if favour else "")))
    words = "; ".join(f"{name}: {one.text(name)}" if name != "text" else one.text(name) for name in _TEXTS if one.text(name))
    who = f"{one.text('person')}, {one.text('unit')}, as {one.text('role')}"
    return one.proof.label, one.text("word"), who, one.text("at"), one.proof.logged_at, names, words


def chronology_part(found: Sequence[Exhibit]) -> str:
    """What is said, three times: by when it happened, when it was reported, when it became known."""
    parts = ["<h2>Chronology</h2>"]
    for clock, name in enumerate(CLOCKS):
        rows = (
            (at or "not said", one.label, said.entity, f"{'denied: ' if said.polarity == 'deny' else ''}{said.prop} {_short(said.value)}")
            for at, one, said in by_clock(found, clock)
        )
        parts.append(f"<h3>By when it {_NAMES[name]}</h3>{table((name, '', 'about', 'says'), rows)}")
    return "".join(parts)


_NAMES = {"happened": "happened", "reported": "was reported", "known to us": "became known to us"}


def _short(value: Json) -> str:
    """A value that fits a line; a record is told in its own place."""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts."""
    top = "".join(f"<th>{text}</th>" for text in head)
    body = "".join("<tr>" + "".join(f"<td><bdi>{escape(cell)}</bdi></td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
