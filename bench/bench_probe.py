"""The membership probe at 1 M and 10 M known ids (half of the questions hit), beside SQLite and LMDB in the same run.

    python bench/bench_probe.py [--quick]      --quick: 1 M only

Each store is asked in its best way: SQLite one prepared SELECT a question and one join for a column; LMDB `get` in one transaction and
`Cursor.getmulti`. All files are in the page cache.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lmdb

from saksi.views.probe import Probe

ASKED = 100_000


def ids(count: int, offset: int = 0) -> Iterator[list[str]]:
    """Chunks of ids as they are in real life: half phones, a third hosts, some wallets."""
    for start in range(0, count, 100_000):
        yield [one(number) for number in range(start + offset, min(start + 100_000, count) + offset)]


def one(number: int) -> str:
    if number % 2:
        return f"phone:+999{number * 7919 % 10**9:09d}"
    if number % 6:
        return f"host:login{number}.shop-{number % 977}.example"
    return f"wallet:eth:0x{number * 0x9E3779B97F4A7C15 % 2**160:040x}"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    for count in (1_000_000,) if options.parse_args().quick else (1_000_000, 10_000_000):
        with tempfile.TemporaryDirectory() as folder:
            run(count, Path(folder))


def run(count: int, folder: Path) -> None:
    key = random.Random(1).randbytes(32)
    label = f"{count // 1_000_000} M known"
    begun = time.perf_counter()
    probe = Probe.open(folder / "probe", key).add(ids(count), last=count)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    probe = Probe.open(folder / "probe", key)
    opened = time.perf_counter() - begun
    choose = random.Random(2)
    asked = [one(choose.randrange(2 * count) // 2 * 2 + choose.randrange(2)) for _ in range(1_000_000)]
    truth = probe.holds_many(asked)

    table = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    for line in ("PRAGMA synchronous=OFF", "PRAGMA journal_mode=OFF", "PRAGMA cache_size=-400000", "PRAGMA mmap_size=8589934592"):
        table.execute(line)
    table.execute("CREATE TABLE known (id TEXT PRIMARY KEY) WITHOUT ROWID")
    env = lmdb.open(str(folder / "peer.lmdb"), map_size=8 << 30, sync=False, writemap=True)
    fill(table, env, count)
    select = "SELECT 1 FROM known WHERE id = ?"
    with env.begin() as reading:
        stores: dict[str, Callable[[str], bool]] = {
            "saksi": probe.holds,
            "sqlite": lambda each: table.execute(select, (each,)).fetchone() is not None,
            "lmdb": lambda each: reading.get(each.encode()) is not None,
        }
        singles = {name: median(store, asked[:ASKED], truth) for name, store in stores.items()}
        bulk = {
            "saksi": rate(lambda part: probe.holds_many(part).sum(), asked, truth.sum()),
            "sqlite": rate(lambda part: joined(table, part), asked[: ASKED * 2], truth[: ASKED * 2].sum()),
            "lmdb": rate(lambda part: multi(reading, part), asked[: ASKED * 2], truth[: ASKED * 2].sum()),
        }
    size = sum(path.stat().st_size for path in (folder / "probe").iterdir())
    for peer in ("sqlite", "lmdb"):
        say(f"probe, one value, p50, {label}", singles["saksi"], "us", 10, peer, singles[peer], smaller=True)
        say(f"probe, in bulk, {label}", bulk["saksi"], "values/s", 1_000_000, peer, bulk[peer])
    data = (folder / "peer.lmdb" / "data.mdb").stat().st_blocks * 512
    say(f"probe, bytes an id, {label}", size / count, "B", 12, "lmdb", data / count, smaller=True)
    say(f"probe, open with all digests checked, {label}", opened, "s", 1, "build", built, smaller=True)


def fill(table: sqlite3.Connection, env: lmdb.Environment, count: int) -> None:
    """Both peers get the ids in sorted order, which suits their trees best."""
    ordered = sorted(each for chunk in ids(count) for each in chunk)
    table.execute("BEGIN")
    table.executemany("INSERT OR IGNORE INTO known VALUES (?)", ((each,) for each in ordered))
    table.execute("COMMIT")
    with env.begin(write=True) as writing:
        writing.cursor().putmulti(((each.encode(), b"") for each in ordered), dupdata=False, overwrite=True)


def median(store: Callable[[str], bool], asked: Sequence[str], truth: Sequence[bool]) -> float:
    clock = time.perf_counter_ns
    spent = []
    for each, expected in zip(asked, truth, strict=False):
        begun = clock()
        found = store(each)
        spent.append(clock() - begun)
        assert found == expected, each
    return sorted(spent)[len(spent) // 2] / 1000


def rate(ask: Callable[[Sequence[str]], int], asked: Sequence[str], expected: int) -> float:
    best = 0.0
    for _ in range(3):
        begun = time.perf_counter()
        found = ask(asked)
        best = max(best, len(asked) / (time.perf_counter() - begun))
        assert found == expected
    return best


def joined(table: sqlite3.Connection, part: Sequence[str]) -> int:
    table.execute("CREATE TEMP TABLE asked (id TEXT)")
    table.execute("BEGIN")
    table.executemany("INSERT INTO asked VALUES (?)", ((each,) for each in part))
    found = table.execute("SELECT count(*) FROM asked JOIN known USING (id)").fetchone()[0]
    table.execute("COMMIT")
    table.execute("DROP TABLE asked")
    return int(found)


def multi(reading: lmdb.Transaction, part: Sequence[str]) -> int:
    keys = [each.encode() for each in part]
    held = {key for key, _ in reading.cursor().getmulti(keys)}
    return sum(key in held for key in keys)


def say(name: str, value: float, unit: str, goal: float, peer: str, peer_value: float, *, smaller: bool = False) -> None:
    ratio = peer_value / value if smaller else value / peer_value
    line = {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "peer": peer}
    print(json.dumps({**line, "peer_value": round(peer_value, 3), "ratio": round(ratio, 2)}), flush=True)


if __name__ == "__main__":
    main()
