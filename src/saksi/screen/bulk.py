"""Screening a whole column: a million values in, as many answers out, in the order they came, with flat memory.

A chunk is normalised, matched, held against the membership probe (which knows most values to be unknown without reading anything),
its facts are fetched together, and each answer is folded by the same `Judge.answer` as a single look-up.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple

from saksi.model import BadInput
from saksi.observables.detect import detect
from saksi.observables.kinds import observe_column
from saksi.screen.answer import Answer, encode
from saksi.screen.flat import FlatRow, flat
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import Match, Store, choose, matched, matches
from saksi.views.fact import Held
from saksi.views.probe import Probe

__all__ = [
    "CHUNK",
    "Asked",
    "Bench",
    "Done",
    "Normalise",
    "Opened",
    "Read",
    "Row",
    "answers",
    "of_any_kind",
    "of_kind",
    "screen",
    "screen_apart",
]

CHUNK = 10_000


class Read(NamedTuple):
    """A column as read: for each row the entities it can be (the likeliest first), or none and the reason."""

    entities: Sequence[tuple[str, ...]]
    reasons: Sequence[str | None]


Normalise = Callable[[Sequence[str]], Read]


def of_kind(texts: Sequence[str], *, kind: str, country: str | None = None) -> Read:
    """Read a column of one kind (`saksi.observables.kinds.KINDS`), written in one country. The fast way."""
    column = observe_column(kind, texts, country)
    return Read([() if entity is None else (entity,) for entity in column.entities], column.reasons)


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


class Row(NamedTuple):
    """A value to screen and where it stands (the row counts from 1, the heading not counted)."""

    number: int
    text: str


class Asked(NamedTuple):
    """What came of a row: an answer, or the reason why there is none."""

    row: Row
    answer: Answer | None
    reason: str | None


class Done(NamedTuple):
    """A screened chunk ready to write: JSON lines or flat rows, the rejected rows with reasons, how many are flagged or known."""

    lines: list[bytes]
    rows: list[FlatRow]
    rejected: list[tuple[Row, str]]
    flagged: int
    known: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What a worker works with. `probe` may be None, or behind the store: it is used only where it covers the ledger size asked at."""

    store: Store
    probe: Probe | None
    normalise: Normalise


@dataclass(frozen=True, slots=True)
class Bench:
    """How a column is screened: for whom and when, and whether JSON lines or flat rows come out."""

    setting: Setting
    json: bool = True


def answers(opened: Opened, judge: Judge, rows: Sequence[Row]) -> list[Asked]:
    """The answers to a chunk, in its order."""
    read = opened.normalise([row.text for row in rows])
    found = [[matches(entity) for entity in entities] for entities in read.entities]
    held = _held(opened, judge, found)
    made = []
    for row, reason, readings in zip(rows, read.reasons, found, strict=True):
        if not readings:
            made.append(Asked(row, None, reason or "this is nothing that can be looked up"))
            continue
        each = [_answer(opened, judge, row.text, (reading, held)) for reading in readings]
        made.append(Asked(row, each[0] if len(each) == 1 else choose(each), None))
    return made


def _answer(opened: Opened, judge: Judge, query: str, what: tuple[Sequence[Match], Mapping[str, Held]]) -> Answer:
    reading, held = what
    return judge.answer(query, [matched(opened.store, judge, each, held.get(each.entity) or Held(each.entity, [], 0)) for each in reading])


def screen(opened: Opened, bench: Bench, rows: Iterable[Sequence[Row]]) -> Iterator[Done]:
    """Screen chunks one after the other, in this process."""
    judge = Judge(opened.store, bench.setting)
    for chunk in rows:
        yield _done(answers(opened, judge, chunk), bench)


def screen_apart(opener: Callable[[], Opened], bench: Bench, rows: Iterable[Sequence[Row]], *, workers: int) -> Iterator[Done]:
    """Screen chunks in worker processes, each of which opens the store for itself; results come in the order of the chunks.

    At most two chunks a worker are under way. `opener` must be a function (or partial) of a module, so that it can be sent.
    """
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(opener, bench)) as pool:
        waiting: deque[Future[Done]] = deque()
        for chunk in rows:
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
            waiting.append(pool.submit(_work, list(chunk)))
        while waiting:
            yield waiting.popleft().result()


def _held(opened: Opened, judge: Judge, found: Iterable[Sequence[tuple[Match, ...]]]) -> dict[str, Held]:
    wanted = list({each.entity: None for readings in found for reading in readings for each in reading})
    probe = opened.probe
    if probe is not None and probe.size >= judge.at:
        wanted = [entity for entity, there in zip(wanted, probe.holds_many(wanted).tolist(), strict=True) if there]
    wanted.sort()  # so that the index is walked in its own order
    return dict(zip(wanted, opened.store.facts_many(wanted), strict=True))


def _done(asked: Sequence[Asked], bench: Bench) -> Done:
    given = [each.answer for each in asked if each.answer is not None]
    return Done(
        lines=[encode(answer) for answer in given] if bench.json else [],
        rows=[] if bench.json else [flat(each.row.number, each.answer) for each in asked if each.answer is not None],
        rejected=[(each.row, each.reason or "") for each in asked if each.answer is None],
        flagged=sum(answer.flagged for answer in given),
        known=sum(answer.status != "unknown" for answer in given),
    )


class _Worker(NamedTuple):
    opened: Opened
    judge: Judge
    bench: Bench


_mine: list[_Worker] = []  # one entry in a worker process, none elsewhere


def _begin(opener: Callable[[], Opened], bench: Bench) -> None:
    opened = opener()
    gc.freeze()  # answers hold no cycles: looking for them seldom is enough, and saves a fifth of the time
    gc.set_threshold(200_000, 50, 100)
    _mine.append(_Worker(opened, Judge(opened.store, bench.setting), bench))


def _work(chunk: Sequence[Row]) -> Done:
    worker = _mine[0]
    return _done(answers(worker.opened, worker.judge, chunk), worker.bench)
