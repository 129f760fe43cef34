"""Full answers (status, roles, sources, marking, statements with references) on the views of an invented ledger, one by one and in bulk.

    python bench/bench_lookup.py [--quick]      1 M statements; --quick: 200,000

Peers in the same run, on the same facts: a SQLite table with a row a statement, indexed by entity and joined with its sources,
recorders and markings; and DuckDB's point query on a Parquet file sorted by entity. Both give the joined rows only: no roles, no clocks, no
counting of independent sources. Everything is in the page cache. Reading raw text is printed apart.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from saksi.model import Reader, Tlp
from saksi.screen.answer import encode
from saksi.screen.answer_file import Written
from saksi.screen.apart import screen_apart
from saksi.screen.bulk import CHUNK, Done, Opened, Read, Rows, Task, of_any_kind, of_kind, screen
from saksi.screen.form import Json
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import about
from saksi.views.probe import Probe
from saksi.views.views import Views
from synthetic_ledger import ORIGIN, make

KEY = bytes(range(32))
OFFICER = Reader("authority-a.example", home=True, clearance=Tlp.RED)
SINGLE, BULK, PEER_BULK = 20_000, 1_200_000, 40_000


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    rows = 200_000 if options.parse_args().quick else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        run(rows, Path(scratch))


def run(rows: int, place: Path) -> None:
    views = Views.open(place / "views")
    views.fold(make(place / "ledger", rows))
    probe = Probe.open(place / "probe", KEY).add(views.all_entities(), last=views.size)
    setting = Setting(OFFICER, "2026-06-15", ORIGIN, views.size)
    choose = random.Random(3)
    known = [each for chunk in views.all_entities() for each in chunk if not each.startswith("report:")]
    choose.shuffle(known)
    peers = Peers(place, views)
    label = f"{rows:,} statements"

    for each in known[:200]:  # warm
        about(views, Judge(views, setting), each, each)
        peers.sqlite(each)
    judge = Judge(views, setting)
    for each in known[:2000]:
        assert about(views, judge, each, each).total == len(peers.sqlite(each)), each
    mine = spent(lambda each: encode(about(views, Judge(views, setting), each, each)), known[:SINGLE])
    theirs = spent(peers.sqlite, known[:SINGLE])
    duck = spent(peers.duck, known[:50])
    for name, share, goal in (("p50", 0.5, 300), ("p95", 0.95, 1000)):
        for peer, times in (("sqlite join", theirs), ("duckdb on parquet", duck)):
            say(f"full answer as JSON, {name}, {label}", at(mine, share), ("us", goal), (peer, at(times, share)), smaller=True)

    absent = [f"phone:+999{number:010d}" for number in range(BULK)]
    many = known * (BULK // len(known) + 1)
    half = [one for pair in zip(many, absent, strict=False) for one in pair][:BULK]
    choose.shuffle(half)
    whole = many[:BULK]
    opener = partial(opened, place)
    for name, asked in (("all known", whole), ("half known", half), ("one in 20 known", thinned(known, absent))):
        task = Task(setting, Json())
        with Written(place / "answers.jsonl") as out:
            work = screen_apart(opener, task, chunks(asked), workers=2, into=out.into)
            bulk = rate(work, out, cores=2)
        with Written(place / "answers.jsonl") as out:
            alone = rate(screen(Opened(views, probe, as_ids), task, chunks(asked[: BULK // 4])), out, cores=1)
        other = PEER_BULK / timed(lambda asked=asked: peers.sqlite_many(asked[:PEER_BULK]))
        for what, found, goal in (("2 workers", bulk, 100_000), ("1 core", alone, 50_000)):
            peer = ("sqlite join, 1 core", other)
            say(f"full answers in bulk, {what}, {name}, {label}", found.clock, ("answers/s", goal), peer)
            say(f"full answers in bulk by processor time, {what}, {name}, {label}", found.worked, ("answers/s", goal), peer)
    reading(known)


def thinned(known: Sequence[str], absent: Sequence[str]) -> list[str]:
    return [known[place % len(known)] if place % 20 == 0 else each for place, each in enumerate(absent)]


def opened(place: Path) -> Opened:
    return Opened(Views.open(place / "views"), Probe.open(place / "probe", KEY), as_ids)


def as_ids(texts: Sequence[str]) -> Read:
    """As if just read; a reading also says which phones no plan lists (all of these are invented: none is told of)."""
    return Read([(text,) for text in texts], [None] * len(texts), frozenset())


def reading(known: Sequence[str]) -> None:
    """Raw text to ids, which is not part of the figures above."""
    found = [each.partition(":")[2] for each in known if each.startswith("host:")][:50_000]
    texts = [name.replace(".example", ".com") for name in found]
    fast = len(texts) / timed(lambda: of_kind(texts, kind="host"))
    slow = 5_000 / timed(lambda: of_any_kind(texts[:5_000]))
    say("reading raw text, a column of hosts", fast, ("values/s", 100_000), ("a column of any kind", slow))


class Peers:
    """The same facts, row by row."""

    def __init__(self, place: Path, views: Views) -> None:
        import duckdb  # late: workers load this file too

        self.link = sqlite3.connect(place / "peer.sqlite", isolation_level=None)
        self.link.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA mmap_size=8589934592; BEGIN;"
            "CREATE TABLE statement (entity TEXT, prop TEXT, value TEXT, polarity TEXT, original TEXT, locator TEXT, quote TEXT, at TEXT,"
            " ref TEXT, source INTEGER, asserter INTEGER, handling INTEGER);"
            "CREATE TABLE source (id INTEGER PRIMARY KEY, body TEXT);"
            "CREATE TABLE asserter (id INTEGER PRIMARY KEY, authority TEXT, grade TEXT);"
            "CREATE TABLE handling (id INTEGER PRIMARY KEY, body TEXT);"
        )
        self._fill(views, place / "peer.parquet")
        self.link.executescript("CREATE INDEX by_entity ON statement (entity);")
        self.duckdb = duckdb.connect()
        self.duckdb.execute(f"CREATE VIEW statement AS SELECT * FROM read_parquet('{place / 'peer.parquet'}')")

    def _fill(self, views: Views, path: Path) -> None:
        seen: dict[str, set[int]] = {"source": set(), "asserter": set(), "handling": set()}
        names = ["entity", "prop", "value", "polarity", "original", "locator", "quote", "at", "ref", "source", "asserter", "handling"]
        kinds = [pa.string()] * 9 + [pa.int64()] * 3
        schema = pa.schema(list(zip(names, kinds, strict=True)))
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for some in views.all_entities():
                rows = []
                for held in views.facts_many(some):
                    facts, cursor = held.facts, held.cursor
                    while cursor is not None:
                        page = views.facts(held.entity, before=cursor)
                        facts, cursor = [*page.facts, *facts], page.cursor
                    for fact in facts:
                        ref = f"{ORIGIN}#{fact.commitment.hex()}"
                        rows.append(
                            (fact.entity, fact.prop, str(fact.value), fact.polarity, fact.original, fact.locator, fact.quote,
                             fact.asserted_at, ref, fact.source, fact.asserter, fact.handling)
                        )  # fmt: skip
                        seen["source"].add(fact.source)
                        seen["asserter"].add(fact.asserter)
                        seen["handling"].add(fact.handling)
                self.link.executemany(f"INSERT INTO statement VALUES ({','.join('?' * 12)})", rows)
                writer.write_table(pa.Table.from_arrays([*map(pa.array, zip(*rows, strict=True))], schema=schema), row_group_size=50_000)
        for number in seen["source"]:
            self.link.execute("INSERT INTO source VALUES (?,?)", (number, json.dumps(views.source(number).to_json())))
        for number in seen["asserter"]:
            recorder = views.asserter(number)
            self.link.execute("INSERT INTO asserter VALUES (?,?,?)", (number, recorder.authority, str(recorder.grade)))
        for number in seen["handling"]:
            self.link.execute("INSERT INTO handling VALUES (?,?)", (number, json.dumps(views.handling(number).to_json())))

    _JOIN = (
        "SELECT s.*, o.body, a.authority, a.grade, h.body FROM {} JOIN source o ON o.id = s.source JOIN asserter a ON a.id = s.asserter "
        "JOIN handling h ON h.id = s.handling"
    )

    def sqlite(self, entity: str) -> list[tuple[object, ...]]:
        return self.link.execute(self._JOIN.format("statement s") + " WHERE s.entity = ?", (entity,)).fetchall()

    def sqlite_many(self, asked: Sequence[str]) -> int:
        """Rows as JSON lines, so that both sides end with text."""
        self.link.execute("CREATE TEMP TABLE asked (entity TEXT)")
        self.link.execute("BEGIN")
        self.link.executemany("INSERT INTO asked VALUES (?)", ((each,) for each in asked))
        rows = self.link.execute(self._JOIN.format("asked q CROSS JOIN statement s ON s.entity = q.entity"))
        lines = sum(len(json.dumps(row)) for row in rows)
        self.link.execute("COMMIT")
        self.link.execute("DROP TABLE asked")
        return lines

    def duck(self, entity: str) -> list[tuple[object, ...]]:
        return self.duckdb.execute("SELECT * FROM statement WHERE entity = ?", [entity]).fetchall()


def chunks(texts: Sequence[str]) -> Iterator[Rows]:
    for start in range(0, len(texts), CHUNK):
        part = texts[start : start + CHUNK]
        yield Rows(range(start + 1, start + 1 + len(part)), part)


class Rate(NamedTuple):
    """Answers by the clock, and by the processor time that all processes took (scaled to as many cores as were used)."""

    clock: float
    worked: float


def rate(work: Iterator[Done], out: Written, *, cores: int) -> Rate:
    """Answers a second, written to a file: by the clock from the 20th chunk on (workers have started by then); by processor time in all."""
    done = early = 0
    before, begun = worked(), 0.0
    for number, part in enumerate(work):
        out.add(part)
        done += part.answered
        if number == 20:
            early, begun = done, time.perf_counter()
    clock = time.perf_counter() - begun
    return Rate((done - early) / clock, cores * done / (worked() - before))


def worked() -> float:
    """Processor seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def spent(ask: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    clock, times = time.perf_counter_ns, []
    for each in asked:
        begun = clock()
        ask(each)
        times.append((clock() - begun) / 1000)
    return sorted(times)


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def at(times: Sequence[float], share: float) -> float:
    return times[int(len(times) * share)]


def say(name: str, value: float, unit: tuple[str, float], peer: tuple[str, float], *, smaller: bool = False) -> None:
    ratio = peer[1] / value if smaller else value / peer[1]
    line = {"name": name, "value": round(value, 1), "unit": unit[0], "goal": unit[1], "peer": peer[0]}
    print(json.dumps({**line, "peer_value": round(peer[1], 1), "ratio": round(ratio, 2)}), flush=True)


if __name__ == "__main__":
    main()
