"""A further entry of a case: taken, or refused with the reason and nothing changed.

Every rule holds here, whatever page, API or script an entry comes from: 1. it follows the last one; 2. the word is open to this actor's
role; 3. the case stands so that it may be said; 4. the actor is a member, or the lead where the word asks for that; 5. what the word
itself asks for is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from saksi.cases.case import Case, Stand
from saksi.cases.entry import FIRST, Entry, Word
from saksi.cases.words import WORDS, put_in
from saksi.model import BadInput, NotAllowed
from saksi.model.actor import Actor, Role

__all__ = ["LEADS", "MAY", "STANDS", "folded", "opened", "taken"]

_DESK = frozenset({Role.INTAKE, Role.ANALYST, Role.APPROVER})
_OFFICER = frozenset({Role.ANALYST, Role.APPROVER})

MAY: Mapping[Word, frozenset[Role]] = {
    **dict.fromkeys(Word, _OFFICER),
    **dict.fromkeys((Word.OPEN, Word.ADD, Word.NOTE, Word.TASK, Word.TASK_DONE, Word.LEAVE), _DESK),
    Word.UNSEAL: frozenset({Role.REVIEWER}),
}

# From where a word may be said.
STANDS: Mapping[Word, frozenset[Stand]] = {
    **dict.fromkeys(Word, frozenset({Stand.OPEN})),
    Word.SEAL: frozenset({Stand.OPEN, Stand.CLOSED, Stand.MERGED}),
    Word.UNSEAL: frozenset({Stand.SEALED}),
    Word.REOPEN: frozenset({Stand.CLOSED, Stand.MERGED}),
}

# What the lead alone says; a member may leave by themselves, and an approver of the unit may take over a case whose lead is gone.
LEADS: frozenset[Word] = frozenset(
    {Word.JOIN, Word.LEAVE, Word.LEAD, Word.ASSIGN, Word.MERGE, Word.ABSORB, Word.SEAL, Word.CLOSE, Word.REOPEN}
)


def opened(entry: Entry, actor: Actor) -> Case:
    """The case that a first entry opens: whoever opens it is its lead and first member."""
    if entry.word is not Word.OPEN:
        raise BadInput("a case begins with its opening", where="word")
    if entry.after != FIRST:
        raise NotAllowed("a first entry comes after nothing", where="after")
    _allowed(entry, actor)
    made = Case(
        id=entry.case, unit=actor.unit, title=entry.text or "", opened_at=entry.at, stand=Stand.OPEN, head=entry.digest(), at=entry.at,
        entries=1, lead=actor.person, members=frozenset({actor.person}), everybody=frozenset({actor.person}),
    )  # fmt: skip
    return put_in(made, entry)


def taken(have: Case, entry: Entry, actor: Actor) -> Case:
    """The case with one more entry. Raises NotAllowed or BadInput with the reason where it may not be made; nothing has changed then."""
    if entry.case != have.id:
        raise BadInput("the entry is about another case", where="case")
    if entry.after != have.head:
        raise NotAllowed("somebody has worked on this case since you looked, or the entry was made before", where="after", todo=_LOOK)
    if entry.at < have.at:
        raise BadInput(f"the entry would lie before the last one ({have.at})", where="at", todo="set the clock right")
    _allowed(entry, actor)
    if entry.word not in WORDS or have.stand not in STANDS[entry.word]:
        raise NotAllowed(f"a case that is {have.stand.value} cannot be met with {entry.word.value!r}", where="word")
    _inside(have, entry, actor)
    made = WORDS[entry.word](have, entry, actor)
    return replace(made, head=entry.digest(), at=entry.at, entries=have.entries + 1, everybody=have.everybody | {actor.person})


def folded(entries: Iterable[Entry]) -> Case:
    """The case that entries make, in their order. Raises where they do not make one."""
    have: Case | None = None
    for entry in entries:
        have = opened(entry, entry.actor) if have is None else taken(have, entry, entry.actor)
    if have is None:
        raise BadInput("there is no entry")
    return have


_LOOK = "look at it again"


def _allowed(entry: Entry, actor: Actor) -> None:
    if (entry.person, entry.unit) != (actor.person, actor.unit):
        raise NotAllowed("an entry is made by whoever it names", where="person")
    if entry.role not in MAY[entry.word]:
        able = ", ".join(sorted(role.value for role in MAY[entry.word]))
        raise NotAllowed(f"to {entry.word.value} needs one of these roles: {able}", where="role")
    if entry.role not in actor.roles:
        raise NotAllowed(f"you do not act as {entry.role.value} here", where="role")


def _inside(have: Case, entry: Entry, actor: Actor) -> None:
    """Members alone work on a case; two words are said from outside, each with a reason."""
    if entry.word is Word.UNSEAL:
        if actor.unit == have.unit or actor.person in have.everybody | have.members:
            raise NotAllowed(f"a case is unsealed by a reviewer outside {have.unit} who had no hand in it", where="person")
        return
    if entry.word is Word.LEAD and entry.role is Role.APPROVER and actor.unit == have.unit and entry.whom == actor.person:
        if not (entry.text or "").strip():
            raise BadInput("say why you take the case over", where="text")
        return
    if actor.person not in have.members:
        raise NotAllowed("only members work on a case", where="person", todo="ask its lead")
    if entry.word in LEADS and actor.person != have.lead and not (entry.word is Word.LEAVE and entry.whom == actor.person):
        raise NotAllowed(f"to {entry.word.value} is for the lead of the case", where="person", todo=f"ask {have.lead}")
