"""Answers and statements in words, for a person at a terminal."""

from __future__ import annotations

import json

import click

from saksi.app.api.ports import StatementView
from saksi.app.cli.say import words
from saksi.model import Locator
from saksi.screen.answer import Answer, StatementLine

__all__ = ["tell_answer", "tell_statement"]

_FEW = 5
_COLOUR = {"contested": "yellow", "known": "cyan", "safe-listed": "green"}


def tell_answer(answer: Answer, *, every: bool = False) -> None:
    """Status, why, who says what on which source, what to mind, how to contest."""
    status = click.style(answer.status.upper(), bold=True, fg=_COLOUR.get(answer.status))
    words(f"{answer.entity}  {status}{'  ' + click.style('flagged', bold=True) if answer.flagged else ''}")
    for note in answer.why:
        words(f"  {note.text}")
    for role in answer.roles:
        denied = f"; denied by {', '.join(role.denied_by)}" if role.denied_by else ""
        words(f"  {role.role} ({role.meaning}): said by {', '.join(role.said_by) or 'nobody now'}{denied}")
    for note in answer.warnings:
        words(f"  mind: {note.text}")
    if answer.total:
        many, apart = answer.total, answer.independent.sources
        words(f"  {many} statement{'s' if many > 1 else ''} stand{'s' if many == 1 else ''}; independent sources for the role: {apart}")
    if answer.seen.recorded is not None:
        words(f"  recorded {answer.seen.recorded.first} to {answer.seen.recorded.last}")
    lines = list(answer.statements) + (list(answer.past) if every else [])
    for line in lines if every else lines[-_FEW:]:
        _tell_line(answer, line)
    if not every and len(lines) > _FEW:
        words(f"  ... and {answer.total - _FEW} more: saksi show {answer.entity}")
    if answer.total:
        words(f"  marking TLP:{answer.marking.tlp} PAP:{answer.marking.pap}; ledger size {answer.at}")
        words(f"  to contest: {answer.contest}")
    for other in answer.readings:
        words(f"  it can also be read as {other.entity} ({other.status})")


def tell_statement(view: StatementView) -> None:
    """One statement: its groups in its own words, where it is logged, how it stands."""
    words(view.ref)
    words(f"  {view.standing}; leaf {view.leaf}, number {view.index} in it; logged {view.logged_at}")
    for name, raw in view.groups.items():
        words(f"  {name}: {bytes(raw).decode()}")
    for name in view.hidden:
        words(f"  {name}: (not for this reader)")
    for change in view.changes:
        words(f"  {change.op} {change.recorded_at}: {change.reason or ''} ({change.ref})")


def _tell_line(answer: Answer, line: StatementLine) -> None:
    source = next(one for one in answer.sources if one.n == line.source)
    place = str(Locator.from_json(json.loads(bytes(line.locator)))) if bytes(line.locator) not in {b"null", b""} else ""
    said = "" if line.polarity == "affirm" else "NOT "
    grade = f", graded {line.grade}" if line.grade else ", ungraded"
    standing = "" if line.standing == "stands" else f" [{line.standing}{': ' + line.reason if line.reason else ''}]"
    value = line.value if isinstance(line.value, (str, int, bool)) else json.dumps(line.value, ensure_ascii=False)
    words(f"  - {line.prop} {said}{value}{standing}")
    words(f"      {source.publisher or source.title or source.uri}{', ' + place if place else ''}{grade}, TLP:{line.tlp}")
    words(f"      {line.ref}")
