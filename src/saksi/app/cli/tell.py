"""Answers and statements in words, for a person at a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from saksi.app.api.ports import StatementView
from saksi.app.cli.say import words
from saksi.model import Locator
from saksi.screen.answer import Answer, MarkingLine, Seen, Span, StatementLine

__all__ = ["SOME", "tell_answer", "tell_statement"]

_FEW = 5
SOME = 20  # statements of an entity that are listed unless all are asked for
_COLOUR = {"contested": "yellow", "known": "cyan", "safe-listed": "green"}
_DECISIVE = {"role", "safeListed", "outcome"}
_ENDED = {"retracted": "withdrawn", "lapsed": "its time was over", "future": "not in force yet"}


def tell_answer(answer: Answer, *, now: int, most: int | None = _FEW) -> None:
    """Status, why, who says what and when, on which source, what was withdrawn, what to mind, how to contest.

    `now` is the ledger size that answers are given on now: an answer as of an earlier one says so first. `most` statements are listed
    (None: all): one of each role, then the newest; and at most as many of those that do not stand.
    """
    _tell_size(answer.at, now)
    status = click.style(answer.status.upper(), bold=True, fg=_COLOUR.get(answer.status))
    words(f"{answer.entity}  ", badge=f"{status}{'  ' + click.style('flagged', bold=True) if answer.flagged else ''}")
    for note in answer.why:
        words(f"  {note.text}")
    for role in answer.roles:
        denied = f"; denied by {', '.join(role.denied_by)}" if role.denied_by else ""
        words(f"  {role.role} ({role.meaning}): said by {', '.join(role.said_by) or 'nobody now'}{denied}")
        if clocks := _clocks(role.seen):
            words(f"    {clocks}")
    for note in answer.warnings:
        words(f"  mind: {note.text}")
    if answer.total:
        words(f"  {answer.total} statement{'s stand' if answer.total > 1 else ' stands'}; {_apart(answer)}")
    if answer.seen.recorded is not None:
        words(f"  recorded {answer.seen.recorded.first} to {answer.seen.recorded.last}")
    _tell_lines(answer, answer.statements, answer.total, most)
    if answer.past:
        words(f"  {len(answer.past)} of those listed do{'' if len(answer.past) > 1 else 'es'} not stand:")
        _tell_lines(answer, answer.past, len(answer.past), most)
    if answer.total:
        words(f"  marking TLP:{answer.marking.tlp} PAP:{answer.marking.pap}; ledger size {answer.at}")
        words(f"  to contest: {answer.contest}")
    for other in answer.readings:
        words(f"  it can also be read as {other.entity} ({other.status})")


def tell_statement(view: StatementView, *, now: int) -> None:
    """One statement: its groups in its own words, where it is logged, how it stands; `now` as for an answer."""
    _tell_size(view.at, now)
    words(view.ref)
    words(f"  {view.standing}; leaf {view.leaf}, number {view.index} in it; logged {view.logged_at}")
    for name, raw in view.groups.items():
        words(f"  {name}: {bytes(raw).decode()}")
    for name in view.hidden:
        words(f"  {name}: (not for this reader)")
    for change in view.changes:
        words(f"  {change.op} {change.recorded_at}: {change.reason or ''} ({change.ref or 'not logged yet'})")
        if change.marking is not None:
            words(f"      gives {_marking(change.marking)}{'; in force now' if change.in_force else ''}")
        if change.read_as is not None:
            words(f"      read as TLP:{change.read_as}: it names an audience, and nobody else is meant")


def _marking(line: MarkingLine) -> str:
    audience = f", for {', '.join(line.audience)}" if line.audience else ""
    grounds = [f"{name} {value or 'none'}" for name, value in (("purpose", line.purpose), ("legal basis", line.legal_basis))]
    return "; ".join([f"TLP:{line.tlp} PAP:{line.pap}{audience}", *grounds, *([f"until {line.retain_until}"] if line.retain_until else [])])


def _tell_size(at: int, now: int) -> None:
    if at < now:
        words(f"as of ledger size {at}, not the newest: answers are now given on size {now}")


def _clocks(seen: Seen) -> str:
    """When it happened, when it was reported, and since when it is on record here."""
    made = [f"{name} {_span(span)}" for name, span in (("happened", seen.happened), ("reported", seen.reported)) if span is not None]
    return "; ".join([*made, f"in our records since {seen.recorded.first}"] if seen.recorded is not None else made)


def _span(span: Span) -> str:
    return span.first if span.first == span.last else f"{span.first} to {span.last}"


def _apart(answer: Answer) -> str:
    """How many sources speak, and how many of them independently for an accusing role."""
    apart = answer.independent
    if apart.sources:
        return f"independent sources for the role: {apart.sources}"
    if apart.unopened:
        return f"{_sources(apart.unopened)}, never opened: none counts as independent"
    return _sources(sum(source.statements > 0 for source in answer.sources))


def _sources(many: int) -> str:
    return f"{many} source{'' if many == 1 else 's'}"


def _tell_lines(answer: Answer, lines: Sequence[StatementLine], total: int, most: int | None) -> None:
    for line in lines if most is None or len(lines) <= most else _foremost(lines, most):
        _tell_line(answer, line)
    if most is not None and total > most:
        words(f"  ... and {total - most} more: saksi show {answer.entity} --all")


def _foremost(lines: Sequence[StatementLine], most: int) -> list[StatementLine]:
    """The newest line of each role, safe-listing and outcome, so that no side is cut off; then the newest of all others."""
    decisive = {(line.prop, str(line.value), line.polarity): line for line in lines if line.prop in _DECISIVE}
    first = list(decisive.values())[:most]
    shown = {line.ref for line in first}
    rest = [line for line in lines if line.ref not in shown]
    return [*first, *rest[max(0, len(rest) - most + len(first)) :]]


def _tell_line(answer: Answer, line: StatementLine) -> None:
    source = next(one for one in answer.sources if one.n == line.source)
    place = str(Locator.from_json(json.loads(bytes(line.locator)))) if bytes(line.locator) not in {b"null", b""} else ""
    said = "" if line.polarity == "affirm" else "NOT "
    grade = f", graded {line.grade}" if line.grade else ", ungraded"
    words(f"  - {line.prop} {said}{_value(line)}")
    if line.standing != "stands":
        words(f"      {_ending(line)}")
    words(f"      {source.publisher or source.title or source.uri}{', ' + place if place else ''}{grade}, TLP:{line.tlp}")
    words(f"      {line.ref}")


def _value(line: StatementLine) -> str:
    if isinstance(line.value, bool):
        return "yes" if line.value else "no"
    return str(line.value) if isinstance(line.value, (str, int)) else json.dumps(line.value, ensure_ascii=False)


def _ending(line: StatementLine) -> str:
    """How a statement ended: when, by whom and why, as far as the reader may know it. Only its own author can end it."""
    ended = _ENDED.get(line.standing, line.standing)
    if line.since is None:
        return ended
    return f"{ended} on {line.since[:10]} by {line.recorded_by}: {line.reason or 'no reason given'}"
