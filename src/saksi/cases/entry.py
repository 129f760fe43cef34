"""One entry of a case: a word, who said it, when, after which entry. Each is a statement in the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from saksi.model import BadInput, Json, JsonObject, canonical, check_ref
from saksi.model.actor import Actor, Role
from saksi.model.fields import Fields
from saksi.model.moment import moment

__all__ = ["FIRST", "MOST", "NEEDS", "Entry", "Word"]

FIRST = "0" * 64  # what the first entry comes after
MOST = 200  # things named in one entry
_TAG = b"saksi/case1\0"
_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST = 8_000


class Word(Enum):
    """What an entry does to the case."""

    OPEN = "open"
    ADD = "add"
    NOTE = "note"
    TASK = "task"
    TASK_DONE = "task-done"
    ASSIGN = "assign"
    JOIN = "join"
    LEAVE = "leave"
    LEAD = "lead"
    LINK = "link"
    MERGE = "merge"
    ABSORB = "absorb"
    SEAL = "seal"
    UNSEAL = "unseal"
    CLOSE = "close"
    REOPEN = "reopen"


# What an entry names beside the text, by word: those that must be there, and those that may be.
_THINGS = ("refs", "favour", "documents", "entities", "reports")
NEEDS: Mapping[Word, tuple[frozenset[str], frozenset[str]]] = {
    word: (frozenset(needed), frozenset(may))
    for word, needed, may in (
        (Word.OPEN, ("text",), _THINGS),
        (Word.ADD, (), (*_THINGS, "text")),
        (Word.NOTE, ("text",), ()),
        (Word.TASK, ("task", "text"), ("due", "whom")),
        (Word.TASK_DONE, ("task",), ("text",)),
        (Word.ASSIGN, ("whom",), ("text",)),
        (Word.JOIN, ("whom",), ("text",)),
        (Word.LEAVE, ("whom",), ("text",)),
        (Word.LEAD, ("whom",), ("text",)),
        (Word.LINK, ("other",), ("text",)),
        (Word.MERGE, ("other", "text"), ()),
        (Word.ABSORB, ("other",), _THINGS),
        (Word.SEAL, ("text",), ()),
        (Word.UNSEAL, ("text",), ()),
        (Word.CLOSE, ("text",), ()),
        (Word.REOPEN, ("text",), ()),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry. Absent fields are None or empty.

    `case` is the id of the case, `after` the digest of the entry before, so that an entry fits one case at one place. `at` and `due` are
    UTC times; `role` is the one in which the person acts. `refs` are statements by reference; `favour` are those that speak for
    somebody: they have a place of their own and stand in no other. `documents` are SHA-256 digests, `entities` and `reports` entity ids.
    `task` names a task within the case, `whom` a person, `other` another case.
    """

    case: str
    word: Word
    at: str
    after: str
    person: str
    unit: str
    role: Role
    refs: tuple[str, ...] = ()
    favour: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    text: str | None = None
    task: str | None = None
    due: str | None = None
    whom: str | None = None
    other: str | None = None

    def __post_init__(self) -> None:
        moment(self.at, "at")
        if self.due is not None:
            moment(self.due, "due")
        for name, shape in (("case", _ID), ("other", _ID), ("after", _DIGEST)):
            value = getattr(self, name)
            if value is not None and not shape.fullmatch(value):
                raise BadInput("lower-case hex digits are expected", where=name)
        if not all(_DIGEST.fullmatch(each) for each in self.documents):
            raise BadInput("a document is named by the SHA-256 of its bytes", where="documents")
        for ref in (*self.refs, *self.favour):
            check_ref(ref)
        if len(self.text or "") > _LONGEST:
            raise BadInput(f"at most {_LONGEST:,} characters", where="text")
        self._check_named()

    def _check_named(self) -> None:
        needed, may = NEEDS[self.word]
        given = {name for name in (*_THINGS, *_MAYBE) if getattr(self, name)}
        if missing := needed - given:
            raise BadInput(f"to {self.word.value} needs {', '.join(sorted(missing))}", where=min(missing))
        if extra := given - needed - may:
            raise BadInput(f"to {self.word.value} takes no {', '.join(sorted(extra))}", where=min(extra))
        things = [each for name in _THINGS for each in getattr(self, name)]
        if self.word is Word.ADD and not things:
            raise BadInput("there is nothing to add", where="refs")
        if len(things) > MOST:
            raise BadInput(f"at most {MOST} things in one entry, not {len(things)}", where="refs", todo="add them in several entries")
        if len(set(things)) < len(things):
            raise BadInput("a thing is named twice", where="refs", todo="what speaks for somebody is named there alone")
        if not all(":" in each for each in (*self.entities, *self.reports)):
            raise BadInput("an entity id is a kind, ':' and a normal form", where="entities")

    @property
    def actor(self) -> Actor:
        """Whoever made it, with the one role they acted in."""
        return Actor(self.person, self.unit, frozenset({self.role}))

    def digest(self) -> str:
        """SHA-256 of the entry in canonical form, in hex: what the next entry comes after."""
        return sha256(_TAG + canonical(self.to_json())).hexdigest()

    def to_json(self) -> JsonObject:
        """The entry as an object without its empty fields."""
        made: dict[str, Json] = {"role": self.role.value, "word": self.word.value}
        for name in _TEXTS:
            made[name] = getattr(self, name)
        for name in _MAYBE:
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        for name in _THINGS:
            if getattr(self, name):
                made[name] = list(getattr(self, name))
        return made

    @classmethod
    def from_json(cls, value: Json) -> Entry:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/entry")
        word, role = fields.text("word"), fields.text("role")
        if word not in {each.value for each in Word}:
            raise BadInput(f"unknown word {word[:40]!r}", where="/entry/word")
        if role not in {each.value for each in Role}:
            raise BadInput(f"unknown role {role[:40]!r}", where="/entry/role")
        made = cls(
            word=Word(word), role=Role(role), case=fields.text("case"), at=fields.text("at"), after=fields.text("after"),
            person=fields.text("person"), unit=fields.text("unit"), refs=fields.texts("refs"), favour=fields.texts("favour"),
            documents=fields.texts("documents"), entities=fields.texts("entities"), reports=fields.texts("reports"),
            text=fields.maybe_text("text"), task=fields.maybe_text("task"), due=fields.maybe_text("due"),
            whom=fields.maybe_text("whom"), other=fields.maybe_text("other"),
        )  # fmt: skip
        fields.done()
        return made


_TEXTS = ("case", "at", "after", "person", "unit")
_MAYBE = ("text", "task", "due", "whom", "other")
