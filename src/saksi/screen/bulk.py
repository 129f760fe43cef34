"""Screening a whole column: a million values in, as many answers out, in the order they came, with flat memory.

A chunk is normalised and matched as a column, held against the membership probe (which knows most values to be unknown without reading
anything), and what is held about the rest is fetched together. Where the same is held about a value as about one before it, its answer is
a form filled in (`form.py`); every other value is answered by `Judge.answer` as if it were asked alone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple, Protocol

from saksi.model import BadInput
from saksi.observables.detect import detect
from saksi.observables.kinds import observe_column
from saksi.screen.answer import Answer
from saksi.screen.form import Dress, Form, formed
from saksi.screen.judge import Judge, Matched, Setting
from saksi.screen.lookup import ITSELF, Match, Reach, Store, choose, matched, minded, reach, unplanned
from saksi.views.fact import Held
from saksi.views.probe import Probe
from saksi.views.trace import NOTHING, Trace

__all__ = [
    "CHUNK", "SELDOM", "Done", "Normalise", "Opened", "Pinnable", "Read", "Refused", "Rows", "Screen", "Task", "of_any_kind", "of_kind",
    "screen",
]  # fmt: skip

CHUNK = 2_000  # its answers stay in the processor's cache until they are written
SELDOM = (200_000, 50, 100)  # answers hold no cycles: looking for them seldom is enough, and saves a fifth of the time
_FORMS = 20_000
_MET = 200_000
_REACHING = frozenset({"host", "url", "email", "ip", "network"})


class Read(NamedTuple):
    """A column as read: for each row the entities it can be (the likeliest first), or none and the reason.

    `unplanned` has those of `lookup.unplanned`, None where they are still to be found.
    """

    entities: Sequence[tuple[str, ...]]
    reasons: Sequence[str | None]
    unplanned: frozenset[str] | None = None


Normalise = Callable[[Sequence[str]], Read]


def of_kind(texts: Sequence[str], *, kind: str, country: str | None = None) -> Read:
    """Read a column of one kind (`saksi.observables.kinds.KINDS`), written in one country. The fast way."""
    column = observe_column(kind, texts, country)
    return Read([() if entity is None else (entity,) for entity in column.entities], column.reasons, column.unplanned)


def of_any_kind(texts: Sequence[str], *, country: str | None = None) -> Read:
    """Read a column of mixed kinds, each value as it would be read if it were typed."""
    made: list[tuple[str, ...]] = []
    reasons: list[str | None] = []
    for text in texts:
        try:
            made.append(tuple(dict.fromkeys(each.entity for each in detect(text, country=country))))
            reasons.append(None)
        except BadInput as refusal:
            made.append(())
            reasons.append(str(refusal))
    return Read(made, reasons)


class Rows(NamedTuple):
    """Values to screen, and the rows they stand in (counted from 1, the heading not counted)."""

    numbers: Sequence[int]
    texts: Sequence[str]


class Refused(NamedTuple):
    """A row without an answer, and why."""

    row: int
    text: str
    reason: str


class Done(NamedTuple):
    """A screened chunk: its answers as they are written, how many they are, how many flagged, how many known, and the rows without one.

    `data` has the answers end to end; it is empty where a worker has written them already.
    """

    data: bytes
    answered: int
    flagged: int
    known: int
    refused: list[Refused]


class Pinned(Store, Protocol):
    """A store that does not change; `state` tells whether numbers still stand for the same as in another one."""

    @property
    def state(self) -> str: ...

    def traces(self, entities: Sequence[str], at: int | None = None) -> list[Trace | None]: ...


class Pinnable(Protocol):
    """What can be held still for as long as a chunk takes."""

    def pinned(self) -> AbstractContextManager[Pinned]: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What a column is screened with. `probe` may be None, or behind the store: it is used only where it covers the size asked at."""

    store: Pinnable
    probe: Probe | None
    normalise: Normalise


@dataclass(frozen=True, slots=True)
class Task:
    """For whom, when and on which ledger a column is screened, and how its answers are written."""

    setting: Setting
    dress: Dress


class _Row(NamedTuple):
    place: int
    number: int
    text: str
    readings: tuple[Reach, ...]


class _Known(NamedTuple):
    """What is held about the values of a chunk, and those of them that are odd by themselves (see `unplanned`)."""

    traces: dict[str, Trace | None]
    odd: Container[str]


class Screen:
    """Screens chunks for one reader, day and ledger size."""

    def __init__(self, opened: Opened, task: Task) -> None:
        self._opened, self._setting, self._dress = opened, task.setting, task.dress
        self._state = ""
        self._judge: Judge | None = None
        self._forms: dict[tuple[object, ...], Form | None] = {}
        self._met: set[int] = set()

    def chunk(self, rows: Rows) -> Done:
        """The answers to a chunk, in its order."""
        read = self._opened.normalise(rows.texts)
        with self._opened.store.pinned() as store:
            judge = self._judge
            if judge is None or self._state != store.state:
                judge = Judge(store, self._setting)
                self._state, self._forms, self._met = store.state, {}, set()
            judge.turn_to(store)
            self._judge = judge
            return self._chunk(store, rows, read)

    def _chunk(self, store: Pinned, rows: Rows, read: Read) -> Done:
        around = store.around
        found = [
            tuple([reach(each, around) if each[: each.index(":")] in _REACHING else ((each,), ITSELF) for each in entities])
            for entities in read.entities
        ]
        traces = self._traces(store, found)
        odd = read.unplanned
        if odd is None:
            odd = unplanned(entity for entities in read.entities for entity in entities)
        pieces: list[bytes] = []  # of all lines; one that is written later is one piece
        later: list[_Row] = []
        refused: list[Refused] = []
        forms, text_of, asked_of = self._forms, self._dress.text, self._asked
        flagged = known = 0
        told = self._dress.rows(rows.numbers)
        for place, (text, readings) in enumerate(zip(rows.texts, found, strict=True)):
            asked = asked_of(readings[0], traces, odd) if len(readings) == 1 else None
            form = None if asked is None else forms.get(asked[0])
            if asked is not None and form is not None:
                pieces += form.filled((told[place], text_of(text), *map(text_of, readings[0][0]), *asked[1]))
                flagged += form.flagged
                known += form.known
                continue
            if readings:
                later.append(_Row(len(pieces), rows.numbers[place], text, readings))
                pieces.append(b"")
            else:
                refused.append(Refused(rows.numbers[place], text, read.reasons[place] or "this is nothing that can be looked up"))
        for place, line, is_flagged, is_known in self._alone(store, later, _Known(traces, odd)):
            pieces[place] = line
            flagged += is_flagged
            known += is_known
        return Done(b"".join(pieces), len(rows.texts) - len(refused), flagged, known, refused)

    def _traces(self, store: Pinned, found: Sequence[Sequence[Reach]]) -> dict[str, Trace | None]:
        """What is held, by entity; nothing is held about what is not in it."""
        wanted = list(dict.fromkeys([entity for readings in found for one, _ in readings for entity in one]))
        probe = self._opened.probe
        if probe is not None and probe.size >= self._setting.at:
            wanted = list(compress(wanted, probe.holds_many(wanted).tolist()))
        wanted.sort()  # so that the index is walked in its own order
        held = zip(wanted, store.traces(wanted, self._setting.at), strict=True)
        return {entity: trace for entity, trace in held if trace is not NOTHING}

    @staticmethod
    def _asked(one: Reach, traces: dict[str, Trace | None], odd: Container[str]) -> tuple[tuple[object, ...], list[bytes]] | None:
        """What decides on the form for a question, and the own texts of the facts about its parts; None where no form will do."""
        entities, frame = one
        first = entities[0]
        kind = first[: first.index(":")]
        if len(entities) == 1 or traces.keys().isdisjoint(entities[1:]):
            trace = traces.get(first, NOTHING)
            return None if trace is None else ((kind, frame, first in odd, trace.shared), trace.own)
        key: list[object] = [kind, frame, first in odd]
        own: list[bytes] = []
        alone = False
        for entity in entities:
            trace = traces.get(entity, NOTHING)
            if trace is None:
                return None
            key.append(trace.shared)
            if trace.own:
                # Quotes and reports are compared among all parts, and a trace compares those of one entity only.
                if own and (alone or trace.quoted or trace.reports):
                    return None
                alone = alone or trace.quoted or trace.reports > 0
                own += trace.own
        return tuple(key), own

    def _alone(self, store: Pinned, rows: Sequence[_Row], known: _Known) -> Iterator[tuple[int, bytes, bool, bool]]:
        """Answer rows as if each were asked alone, and learn a form where the same is held as about an earlier one."""
        traces, odd = known
        every = {entity for row in rows for one, _ in row.readings for entity in one}
        wanted = sorted(entity for entity in every if traces.get(entity, NOTHING) is not NOTHING)
        held = dict(zip(wanted, store.facts_many(wanted), strict=True))
        judge, dress = self._judge, self._dress
        assert judge is not None
        for row in rows:
            asked = self._asked(row.readings[0], traces, odd) if len(row.readings) == 1 else None
            if asked is None:
                each = [_matched(store, judge, one, held) for one in row.readings]
                line, answer = self._told(judge, row, each, odd)
                yield row.place, line, answer.flagged, answer.status != "unknown"
                continue
            key, texts = asked
            own = [*dress.rows([row.number]), dress.text(row.text), *map(dress.text, row.readings[0][0]), *texts]
            form = self._forms.get(key)
            if form is not None:
                yield row.place, b"".join(form.filled(own)), form.flagged, form.known
                continue
            each = [_matched(store, judge, row.readings[0], held)]
            line, answer = self._told(judge, row, each, odd)
            self._learn(key, each[0], (line, own), odd=answer.entity in odd)
            yield row.place, line, answer.flagged, answer.status != "unknown"

    def _told(self, judge: Judge, row: _Row, each: Sequence[Sequence[Matched]], odd: Container[str]) -> tuple[bytes, Answer]:
        made = [minded(judge.answer(row.text, one), odd) for one in each]
        answer = made[0] if len(made) == 1 else choose(made)
        return self._dress.line(row.number, answer), answer

    def _learn(self, key: tuple[object, ...], matched: Sequence[Matched], told: tuple[bytes, Sequence[bytes]], *, odd: bool) -> None:
        """Make a form at the second meeting: most sets of facts that are met once are never met again."""
        met = hash(key)
        if key in self._forms:
            return  # there can be none
        if met not in self._met and any(each.held.facts for each in matched):
            if len(self._met) >= _MET:
                self._met.clear()
            self._met.add(met)
            return
        if len(self._forms) >= _FORMS:
            self._forms.clear()
        assert self._judge is not None
        self._forms[key] = formed(self._judge, self._dress, matched, told, odd=odd)


def screen(opened: Opened, task: Task, rows: Iterable[Rows]) -> Iterator[Done]:
    """Screen chunks one after the other, in this process."""
    work = Screen(opened, task)
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        for chunk in rows:
            yield work.chunk(chunk)
    finally:
        gc.set_threshold(*before)


def _matched(store: Store, judge: Judge, one: Reach, held: Mapping[str, Held]) -> list[Matched]:
    each = zip(*one, strict=True)
    return [matched(store, judge, Match(entity, *how), held.get(entity) or Held(entity, [], 0)) for entity, how in each]
