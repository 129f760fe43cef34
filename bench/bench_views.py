"""Folding a ledger into views, and asking them, beside SQLite with all columns and LMDB in the same run.

    python bench/bench_views.py [--rows 10000000 | --quick] [--keep FOLDER]

The ledger is invented (see synthetic_ledger.py) and sealed in a real vault, so the fold opens, unpacks and parses every block. The peers
hold a smaller number of the same facts; rates and bytes a statement are compared. `--keep` keeps the ledger in FOLDER and uses it again.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import lmdb
import msgspec

from saksi.ledger.ledger import Ledger, Setup
from saksi.views.fact import Fact
from saksi.views.views import Views
from synthetic_ledger import BATCH, HUB, ORIGIN, columns, make, more

FULL, QUICK, PEER = 10_000_000, 200_000, 200_000


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rows", type=int, default=FULL)
    ask.add_argument("--quick", action="store_true")
    ask.add_argument("--keep", type=Path)
    chosen = ask.parse_args()
    rows = QUICK if chosen.quick else chosen.rows
    with tempfile.TemporaryDirectory() as scratch:
        place = chosen.keep or Path(scratch)
        run(rows, place / f"ledger-{rows}", Path(scratch))


def run(rows: int, at: Path, scratch: Path) -> None:
    begun = time.perf_counter()
    ledger = Ledger.open(at, Setup(ORIGIN, clock=lambda: 0)) if at.exists() else make(at, rows)
    print(f"ledger of {rows:,} statements ready after {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    peer = Peers(scratch)
    views = Views.open(scratch / "views")
    begun, before = time.perf_counter(), _processor()
    views.fold(
        ledger,
        progress=lambda done, full: print(f"  leaf {done} of {full}, {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True),
    )
    spent = time.perf_counter() - begun
    used = _processor() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = sum(path.stat().st_size for path in (scratch / "views").rglob("*") if path.is_file())
    for path in sorted((scratch / "views").rglob("*")):
        if path.is_file() and path.stat().st_size > rows / 5:
            print(f"    {path.name:45} {path.stat().st_size / rows:6.1f} bytes a statement", file=sys.stderr)
    label = f"{rows:,} statements".replace(",", " ")
    tell(
        f"fold: {label} from a sealed vault",
        spent,
        "s",
        180 * rows / FULL,
        ("SQLite all columns, insert only, scaled", peer.sqlite_load * rows),
    )
    tell("fold: processor time, all processes, of two cores", used, "s", 360 * rows / FULL, ("limit", 360 * rows / FULL))
    tell("fold: statements a second", rows / spent, "1/s", FULL / 180, ("SQLite all columns, insert only", 1 / peer.sqlite_load))
    tell("fold: statements a second beside LMDB", rows / spent, "1/s", FULL / 180, ("LMDB, insert only", 1 / peer.lmdb_load))
    tell("views on disk", size / rows, "bytes a statement", 120, ("SQLite all columns", peer.sqlite_bytes))
    tell("views on disk beside LMDB", size / rows, "bytes a statement", 120, ("LMDB", peer.lmdb_bytes))
    tell("fold: peak memory of the process", memory, "GiB", 4, ("limit", 4))
    asking(views, peer)
    analytics(views, ledger)
    appended(views, ledger)
    views.close()


def asking(views: Views, peer: Peers) -> None:
    choose = random.Random(5)
    known = [one for lot in views.all_entities() for one in lot]
    asked = [choose.choice(known) for _ in range(20_000)]
    views.facts_many(asked[:1000])
    took = []
    for entity in asked:
        begun = time.perf_counter()
        views.facts(entity)
        took.append(time.perf_counter() - begun)
    took.sort()
    tell("facts of one entity, p50", took[10_000] * 1e6, "us", 300, ("SQLite all columns, p50", peer.sqlite_ask))
    tell("facts of one entity, p95", took[19_000] * 1e6, "us", 1000, ("LMDB get and decode, p50", peer.lmdb_ask))
    asked = [choose.choice(known) if place % 2 else f"phone:+998{place:09d}" for place in range(200_000)]
    begun = time.perf_counter()
    held = views.facts_many(asked)
    spent = time.perf_counter() - begun
    count = sum(len(one.facts) for one in held)
    tell(
        f"facts_many, half known ({count / 100_000:.1f} facts each)",
        len(asked) / spent,
        "entities/s",
        200_000,
        ("SQLite all columns, one by one", 1e6 / peer.sqlite_ask),
    )
    took = []
    for _ in range(200):
        begun = time.perf_counter()
        page = views.facts(HUB)
        views.tally(HUB)
        took.append(time.perf_counter() - begun)
    took.sort()
    tell(f"hub of {page.total} facts: newest page and count by source, p95", took[190] * 1e3, "ms", 5, ("limit", 5))
    ids = [random.Random(place).randbytes(32) for place in range(65_536)]
    begun = time.perf_counter()
    views.known(ids)
    tell("known: ids nobody has", len(ids) / (time.perf_counter() - begun), "1/s", 200_000, ("limit", 200_000))


def analytics(views: Views, ledger: Ledger) -> None:
    at = ledger.size // 2
    with views.engine() as engine:
        stop = views.stop(at)
        begun = time.perf_counter()
        counted = sum(row[3] for row in engine.counts(stop))
        tell(f"as of size {at}: all {counted} facts counted by what they say", time.perf_counter() - begun, "s", 3, ("limit", 3))
        begun = time.perf_counter()
        found = engine.entities(stop)
        tell(f"as of size {at}: {found} entities counted", time.perf_counter() - begun, "s", 3, ("limit", 3))
        begun = time.perf_counter()
        engine.search("login7919", stop=views.stop(), seen=lambda _: True)
        tell("search for a part of an id", time.perf_counter() - begun, "s", 3, ("limit", 3))


def appended(views: Views, ledger: Ledger) -> None:
    took, whole = [], []
    for turn in range(5):
        more(ledger, 1_000_001 + turn * 2, 1000)
        begun = time.perf_counter()
        seen: list[float] = []

        def look(done: int, full: int, turn: int = turn, begun: float = begun, seen: list[float] = seen) -> None:
            assert done == full
            assert views.facts(str(columns(1_000_001 + turn * 2, 1000).entity[1])).total
            seen.append(time.perf_counter() - begun)

        views.fold(ledger, progress=look)
        took.append(seen[-1])
        whole.append(time.perf_counter() - begun)
    tell("1,000 statements appended, folded and found (slowest of 5)", max(took), "s", 1, ("limit", 1))
    tell("the same with merging and housekeeping afterwards (slowest of 5)", max(whole), "s", 5, ("limit", 5))


class Peers:
    """SQLite with a row a statement and two indexes, and LMDB with a list of statements an entity."""

    def __init__(self, scratch: Path) -> None:
        facts = [fact for number in range(-(-PEER // BATCH)) for fact in _facts(number, min(BATCH, PEER - number * BATCH))]
        entities = [random.Random(7).choice(facts).entity for _ in range(20_000)]
        self._sqlite(scratch / "peer.sqlite", facts, entities)
        self._lmdb(scratch / "peer.lmdb", facts, entities)

    def _sqlite(self, path: Path, facts: list[Fact], entities: list[str]) -> None:
        link = sqlite3.connect(path, isolation_level=None)
        link.execute("PRAGMA journal_mode=OFF")
        link.execute("PRAGMA synchronous=OFF")
        names = [name for name in Fact.__struct_fields__ if name != "changes"]
        link.execute(f"CREATE TABLE fact ({', '.join(f'{name}_' for name in names)})")
        begun = time.perf_counter()
        link.execute("BEGIN")
        link.executemany(f"INSERT INTO fact VALUES ({','.join('?' * len(names))})", (_row(fact) for fact in facts))
        link.execute("CREATE INDEX by_entity ON fact (entity_)")
        link.execute("CREATE INDEX by_value ON fact (value_)")
        link.execute("COMMIT")
        self.sqlite_load = (time.perf_counter() - begun) / len(facts)
        self.sqlite_bytes = path.stat().st_size / len(facts)
        link.execute("PRAGMA mmap_size=8589934592")
        took = []
        for entity in entities:
            begun = time.perf_counter()
            link.execute("SELECT * FROM fact WHERE entity_ = ?", (entity,)).fetchmany(256)
            took.append(time.perf_counter() - begun)
        self.sqlite_ask = sorted(took)[len(took) // 2] * 1e6
        link.close()

    def _lmdb(self, path: Path, facts: list[Fact], entities: list[str]) -> None:
        store = lmdb.open(str(path), map_size=2**32, sync=False)
        begun = time.perf_counter()
        groups: dict[str, list[Fact]] = {}
        for fact in facts:
            groups.setdefault(fact.entity, []).append(fact)
        with store.begin(write=True) as work:
            for entity in sorted(groups):
                work.put(entity.encode(), msgspec.msgpack.encode(groups[entity]), append=True)
        self.lmdb_load = (time.perf_counter() - begun) / len(facts)
        with store.begin() as work:
            pages = store.stat()
            self.lmdb_bytes = (pages["leaf_pages"] + pages["branch_pages"] + pages["overflow_pages"]) * pages["psize"] / len(facts)
            read = msgspec.msgpack.Decoder(list[list[object]])
            took = []
            for entity in entities:
                begun = time.perf_counter()
                read.decode(work.get(entity.encode()) or b"\x90")
                took.append(time.perf_counter() - begun)
        self.lmdb_ask = sorted(took)[len(took) // 2] * 1e6
        store.close()


def _facts(number: int, rows: int) -> list[Fact]:
    batch, choose = columns(number, rows), random.Random(number)
    who, how = batch.asserters[0], msgspec.json.encode(batch.handlings[0].to_json()).decode()
    rest = msgspec.json.encode(batch.sources[0].to_json()).decode()
    return [
        Fact(
            batch.entity[row], batch.schema[row], batch.prop[row], batch.value[row], "affirm", "assert", (batch.original or [])[row], None,
            None, None, rest, f'{{"row":{row}}}', (batch.quote or [])[row], f"{who.authority} {who.analyst} {who.grade}", how,
            who.asserted_at, number, row,
            choose.randbytes(32),
        )  # type: ignore[arg-type]
        for row in range(rows)
    ]  # fmt: skip


def _row(fact: Fact) -> tuple[object, ...]:
    *row, _, reported = msgspec.structs.astuple(fact)
    return (*row[:3], json.dumps(row[3]) if isinstance(row[3], dict) else row[3], *row[4:], reported)


def _processor() -> float:
    """Seconds of processor time of this process and those it has ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def tell(name: str, value: float, unit: str, goal: float, peer: tuple[str, float]) -> None:
    line = {"name": name, "value": round(value, 4), "unit": unit, "goal": goal, "peer": peer[0], "peer_value": round(peer[1], 4)}
    print(json.dumps({**line, "ratio": round(value / peer[1], 4)}), flush=True)


if __name__ == "__main__":
    main()
