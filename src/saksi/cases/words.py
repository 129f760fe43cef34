"""The entries of a case, word by word: what each asks for, and what it changes. `advance.py` has looked at roles and membership by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from saksi.cases.case import Case, Item, Stand, Task
from saksi.cases.entry import Entry, Word
from saksi.model import BadInput, NotAllowed
from saksi.model.actor import Actor

__all__ = ["WORDS", "put_in"]

_Said: TypeAlias = "Callable[[Case, Entry, Actor], Case]"


def put_in(have: Case, entry: Entry) -> Case:
    """The case with the things that an entry names. What is there already stays as it was first put in."""
    _apart(have, entry)
    return replace(
        have,
        refs=_with(have.refs, entry.refs, entry),
        favour=_with(have.favour, entry.favour, entry),
        documents=_with(have.documents, entry.documents, entry),
        entities=_with(have.entities, entry.entities, entry),
        reports=_with(have.reports, entry.reports, entry),
    )


def _apart(have: Case, entry: Entry) -> None:
    """What speaks for somebody stands in its own place, and in no other."""
    mixed = {each.name for each in have.favour} & set(entry.refs) | {each.name for each in have.refs} & set(entry.favour)
    if mixed:
        raise NotAllowed("what speaks for somebody and what does not are kept apart: it stands in the other place", where=min(mixed))


def _with(held: tuple[Item, ...], names: Iterable[str], entry: Entry) -> tuple[Item, ...]:
    known = {each.name for each in held}
    return held + tuple(Item(name, entry.person, entry.at) for name in names if name not in known)


def _added(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    made = put_in(have, entry)
    if made == have:
        raise BadInput("all of it is in the case already", where="refs")
    return made if entry.text is None else _noted(made, entry)


def _noted(have: Case, entry: Entry) -> Case:
    return replace(have, notes=(*have.notes, Item(entry.text or "", entry.person, entry.at)))


def _task(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    name = entry.task or ""
    if name in {each.name for each in have.tasks}:
        raise BadInput("there is a task of this name", where="task")
    if entry.whom is not None:
        _member(have, entry.whom)
    if entry.due is not None and entry.due < entry.at:
        raise BadInput("it would be overdue at once", where="due")
    return replace(have, tasks=(*have.tasks, Task(name, entry.text or "", entry.whom, entry.due)))


def _done(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    if entry.task not in {each.name for each in have.open_tasks}:
        raise BadInput("there is no open task of this name", where="task")
    return replace(have, tasks=tuple(replace(each, done_at=entry.at) if each.name == entry.task else each for each in have.tasks))


def _assigned(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    whom = _member(have, entry.whom)
    if whom in have.assigned:
        raise BadInput(f"{whom} works on it already", where="whom")
    return replace(have, assigned=have.assigned | {whom})


def _joined(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    whom = entry.whom or ""
    if whom in have.members:
        raise BadInput(f"{whom} is a member already", where="whom")
    return replace(have, members=have.members | {whom})


def _left(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    whom = _member(have, entry.whom)
    if whom == have.lead:
        raise NotAllowed("a case always has a lead", where="whom", todo="hand the lead over first")
    return replace(have, members=have.members - {whom}, assigned=have.assigned - {whom})


def _led(have: Case, entry: Entry, actor: Actor) -> Case:
    whom = entry.whom or ""
    if whom != actor.person:
        _member(have, whom)
    if whom == have.lead:
        raise BadInput(f"{whom} leads it already", where="whom")
    return replace(have, lead=whom, members=have.members | {whom})


def _linked(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    other = _another(have, entry)
    if other in have.parts:
        raise BadInput("it is linked already", where="other")
    return replace(have, parts=(*have.parts, other))


def _merged(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    _nothing_left(have)
    return replace(have, stand=Stand.MERGED, into=_another(have, entry), reason=entry.text)


def _absorbed(have: Case, entry: Entry, actor: Actor) -> Case:
    """What a merged case held is here too; the merged one keeps its own history."""
    del actor
    other = _another(have, entry)
    parts = have.absorbed if other in have.absorbed else (*have.absorbed, other)
    return replace(put_in(have, entry), absorbed=parts)


def _sealed(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    return replace(have, stand=Stand.SEALED, before=have.stand, reason=entry.text)


def _unsealed(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    return replace(have, stand=have.before or Stand.OPEN, before=None, reason=entry.text)


def _closed(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    _nothing_left(have)
    return replace(have, stand=Stand.CLOSED, reason=entry.text)


def _reopened(have: Case, entry: Entry, actor: Actor) -> Case:
    del actor
    return replace(have, stand=Stand.OPEN, into=None, reason=entry.text)


def _member(have: Case, whom: str | None) -> str:
    if whom is None or whom not in have.members:
        raise NotAllowed(f"{whom} is no member of the case", where="whom", todo="let them join first")
    return whom


def _another(have: Case, entry: Entry) -> str:
    if entry.other is None or entry.other == have.id:
        raise BadInput("a case is no part of itself", where="other")
    return entry.other


def _nothing_left(have: Case) -> None:
    if have.open_tasks:
        raise NotAllowed(
            f"{len(have.open_tasks)} tasks are open, {have.open_tasks[0].text!r} first", where="word", todo="finish them first"
        )


WORDS: Mapping[Word, _Said] = {
    Word.ADD: _added,
    Word.NOTE: lambda have, entry, _: _noted(have, entry),
    Word.TASK: _task,
    Word.TASK_DONE: _done,
    Word.ASSIGN: _assigned,
    Word.JOIN: _joined,
    Word.LEAVE: _left,
    Word.LEAD: _led,
    Word.LINK: _linked,
    Word.MERGE: _merged,
    Word.ABSORB: _absorbed,
    Word.SEAL: _sealed,
    Word.UNSEAL: _unsealed,
    Word.CLOSE: _closed,
    Word.REOPEN: _reopened,
}
