"""A small ledger's worth of facts in memory, for the tests of screening. All of it is invented."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from saksi.model import Marking, Pap, Reader, Source, Tlp, Value
from saksi.observables.network import Networks
from saksi.screen.answer import Answer
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import about
from saksi.views.fact import Change, Fact, Held, Recorder, Tally, standing
from saksi.views.parse import CLOSED
from saksi.views.trace import NOTHING, Trace

T = TypeVar("T")
TODAY = "2026-06-15"
CLEAR = Marking(Tlp.CLEAR, Pap.CLEAR)
OFFICER = Reader("nasc.a", home=True, clearance=Tlp.RED)
PUBLIC = Reader("nobody")
ORIGIN = "nasc.a.example/ledger"


def source(number: int = 1, **other: str | None) -> Source:
    """A source of its own, with nothing in common with the others."""
    made: dict[str, str | None] = {
        "digest": hashlib.sha256(f"source {number}".encode()).hexdigest(),
        "title": f"List {number}",
        "publisher": f"Publisher {number}",
    }
    return Source(**{**made, **other})  # type: ignore[arg-type]


def _span(*days: str | None) -> tuple[str, str] | None:
    given = [day for day in days if day is not None]
    return (min(given), max(given)) if given else None


class World:
    """A store as screening asks for it; every statement is one leaf."""

    def __init__(self) -> None:
        self.by_entity: dict[str, list[Fact]] = {}
        self.size = 0
        self._sources: list[Source] = []
        self._asserters: list[Recorder] = []
        self._handlings: list[Marking] = []
        self.page = 10_000

    def say(
        self,
        entity: str,
        value: Value = "infrastructure",
        *,
        prop: str = "role",
        by: Source | None = None,
        marking: Marking = CLEAR,
        recorder: Recorder = Recorder("nasc.a"),  # noqa: B008  # frozen
        **other: str | None,
    ) -> Fact:
        """Append one statement and give its fact."""
        fact = Fact(
            entity=entity,
            schema="Observable",
            prop=prop,
            value=value,
            polarity=other.get("polarity") or "affirm",
            op=other.get("op") or "assert",
            original=other.get("original"),
            lang=None,
            valid_from=other.get("valid_from"),
            valid_until=other.get("valid_until"),
            source=_index(self._sources, by or source()),
            locator=f'{{"row":{self.size + 1}}}',
            quote=other.get("quote"),
            asserter=_index(self._asserters, recorder),
            handling=_index(self._handlings, marking),
            asserted_at=other.get("asserted_at") or "2026-06-01T00:00:00Z",
            leaf=self.size,
            index=0,
            commitment=hashlib.sha256(f"commitment {self.size}".encode()).digest(),
            reported=other.get("reported"),
        )
        self.size += 1
        self.by_entity.setdefault(entity, []).append(fact)
        return fact

    def change(
        self,
        fact: Fact,
        op: str,
        *,
        marking: Marking | None = None,
        recorder: Recorder | None = None,
        reason: str | None = None,
    ) -> None:
        """Append an amendment of a fact."""
        change = Change(
            op=op,
            leaf=self.size,
            index=0,
            commitment=hashlib.sha256(f"commitment {self.size}".encode()).digest(),
            asserted_at="2026-06-10T00:00:00Z",
            asserter=fact.asserter if recorder is None else _index(self._asserters, recorder),
            handling=fact.handling if marking is None else _index(self._handlings, marking),
            reason=reason,
        )
        self.size += 1
        held = self.by_entity[fact.entity]
        place = next(place for place, each in enumerate(held) if each.leaf == fact.leaf)
        held[place] = msgspec.structs.replace(held[place], changes=(*held[place].changes, change))

    def source(self, place: int, /) -> Source:
        return self._sources[place]

    def asserter(self, place: int, /) -> Recorder:
        return self._asserters[place]

    def handling(self, place: int, /) -> Marking:
        return self._handlings[place]

    def facts(self, entity: str, at: int | None = None, *, before: int | None = None, seen: Callable[[int], bool] | None = None) -> Held:
        """All facts before `at`; of many only a page: the newest, or that before the cursor (a leaf)."""
        facts = [fact for fact in self.by_entity.get(entity, []) if at is None or fact.leaf < at]
        fit = [fact for fact in facts if before is None or fact.leaf < before]
        fit = [fact for fact in fit if seen is None or seen(standing(fact).handling)]
        some = fit[-self.page :]
        return Held(entity, some, len(facts), some[0].leaf if len(fit) > self.page else None)

    def entities(self, prefix: str = "", *, after: str = "", limit: int = 100) -> list[str]:
        """Ids in order, those behind one."""
        return sorted(each for each in self.by_entity if each.startswith(prefix) and each > after)[:limit]

    def stop(self, at: int | None = None) -> int:
        """Each leaf holds one statement."""
        return self.size if at is None else at

    def facts_many(self, entities: Sequence[str], at: int | None = None) -> list[Held]:
        return [self.facts(entity, at) for entity in entities]

    def tally(self, entity: str, at: int | None = None, *, marked_now: bool = False) -> list[Tally]:
        """One sum a fact: as fine as sums can be. Only for entities without changes."""
        return [
            Tally(
                fact.schema, fact.prop, fact.value if isinstance(fact.value, str) else None, fact.polarity, fact.op, fact.source,
                fact.asserter, fact.handling, 1 if fact.op == "assert" else 0, 0, fact.asserted_at, fact.asserted_at,
                _span(fact.valid_from, fact.valid_until), _span(fact.reported),
            )
            for fact in self.by_entity.get(entity, [])
            if at is None or fact.leaf < at
        ]  # fmt: skip

    def around(self, entity: str) -> tuple[str, ...]:
        """Of the networks that something is said of, those that hold it."""
        return Networks(self.by_entity).around(entity)

    @contextmanager
    def pinned(self) -> Iterator[World]:
        """Nothing changes meanwhile."""
        yield self

    @property
    def state(self) -> str:
        return "g000001/0"

    def traces(self, entities: Sequence[str], at: int | None = None) -> list[Trace | None]:
        """What `Trace` says, taken at its word."""
        return [self._trace([fact for fact in self.by_entity.get(each, []) if at is None or fact.leaf < at]) for each in entities]

    def _trace(self, facts: list[Fact]) -> Trace | None:
        if not facts:
            return NOTHING
        if len(facts) > self.page or any(fact.changes or not isinstance(fact.value, str) for fact in facts):
            return None
        one_source = len({fact.source for fact in facts}) == 1
        shared: list[object] = []
        own: list[bytes] = []
        for fact in facts:
            texts = [None, fact.locator, fact.original, None if fact.prop in CLOSED else fact.value, fact.quote if one_source else None]
            own += [fact.commitment.hex().encode(), (fact.locator or "").encode()]
            own += [b"" if text is None else msgspec.json.encode(text) for text in texts[2:]]
            bare = {"entity": "", "commitment": b"", "leaf": 0, "index": 0}
            named = {name: "" for name, text in zip(("locator", "original", "value", "quote"), texts[1:], strict=True) if text is not None}
            shared.append(msgspec.msgpack.encode(msgspec.structs.replace(fact, **bare, **named)))
        reports = [fact.value for fact in facts if fact.prop == "reportedIn"]
        shared += [reports.index(each) for each in reports]
        return Trace(tuple(shared), own, len(reports), any(fact.quote for fact in facts))

    def walk(self, prefix: str, at: int | None = None) -> Iterator[tuple[str, Trace | None]]:
        """Ids in order, with what is held."""
        found = sorted(each for each in self.by_entity if each.startswith(prefix))
        yield from zip(found, self.traces(found, at), strict=True)

    def judge(self, reader: Reader = OFFICER, *, at: int | None = None, today: str = TODAY, listed: int = 200) -> Judge:
        return Judge(self, Setting(reader, today, ORIGIN, self.size if at is None else at, listed=listed))

    def ask(self, entity: str, reader: Reader = OFFICER, *, at: int | None = None, today: str = TODAY) -> Answer:
        return about(self, self.judge(reader, at=at, today=today), entity, entity)


def codes(answer: Answer) -> list[str]:
    """The reasons of an answer, by code."""
    return [note.code for note in answer.why]


def _index(table: list[T], part: T) -> int:
    if part not in table:
        table.append(part)
    return table.index(part)


def everything(world: World) -> Iterator[Fact]:
    for facts in world.by_entity.values():
        yield from facts
