"""Saved searches against a take: 10,000 of them, in all ways, and what comes in with one take of reports and lists.

    python bench/bench_alerts.py [--quick]      a take of 100,000 statements, 10,000 searches; --quick: 20,000 and 1,000

Peers: the fold of the same take, which everybody waits for (matching runs beside it, and is not to cost much more); and the naive way on
the same statements: a table of patterns, joined by LIKE in the same engine; without markings, roles or networks, keeping nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from saksi.app.alerts.alert import Alert, Channels
from saksi.app.alerts.matching import match_new
from saksi.app.alerts.owners import Owners
from saksi.app.alerts.search import Search
from saksi.app.alerts.store import MOST, AlertStore
from saksi.app.api.keys import KeyStore, Role
from saksi.app.home import Home
from saksi.app.people.register import Register
from saksi.app.people.store import Store
from saksi.cases.board import Board
from saksi.model import Tlp
from saksi.views.news import news
from saksi.views.views import Views
from synthetic_ledger import ORIGIN, make, more

NOW = "2026-06-15T08:00:00Z"
LEVELS = (Tlp.GREEN, Tlp.AMBER, Tlp.RED)


@dataclass
class Node:
    """What matching asks of a node."""

    files: Home
    views: Views
    board: Board


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    rows, asked = (20_000, 1_000) if options.parse_args().quick else (100_000, 10_000)
    with tempfile.TemporaryDirectory() as scratch:
        run(rows, asked, Path(scratch))


def run(rows: int, asked: int, place: Path) -> None:
    ledger, files = make(place / "ledger", 2 * rows), Home(place)
    people = Store(place / "people", key=bytes(32), clock=lambda: 1_780_000_000, random=os.urandom)
    keys = KeyStore(place / "keys.json", clock=lambda: NOW, random=os.urandom)
    owners, store = Owners(keys, Register(people), "authority-a.example", lambda: NOW), AlertStore(files.alerts, key=bytes(32))
    with Views.open(files.views) as views:
        views.fold(ledger)
        node = Node(files, views, Board(place / "board.sqlite", origin=ORIGIN))
        match_new(node, store, owners)
        choose = random.Random(7)
        entities = [each for some in views.all_entities() for each in some]
        searches = list(wished(asked, entities, choose))
        for number, search in enumerate(searches):
            if number % MOST == 0:
                owner = keys.create("a bank", Role.READER, clearance=LEVELS[number // MOST % 3], expires_at="2099-01-01T00:00:00Z")[0].id
            store.add(Alert(f"w-{number:012x}", owner, NOW, False, search, "a bench", Channels(feed="f")))
        start = views.stop()
        for number in (1_000, 1_001):
            more(ledger, number, rows // 2)
        fold = timed(lambda: views.fold(ledger))
        found: list[int] = []
        spent = timed(lambda: found.append(match_new(node, store, owners)))
        assert found[0] > 0
        label = f"{asked:,} saved searches, a take of {rows:,} statements"
        say(label, spent, "the fold of that take", fold)
        with views.engine() as engine:
            table = news(engine, start, views.stop())
        say(label, spent, "LIKE join", timed(lambda: liked(table, searches)))


def wished(count: int, entities: list[str], choose: random.Random) -> Iterator[Search]:
    """Searches of all ways but cases: most for one thing, the others for beginnings, hosts, networks, texts and publishers."""
    for number in range(count):
        entity = choose.choice(entities)
        match number % 8:
            case 0:
                yield Search("prefix", entity[: choose.randrange(9, 16)], choose.choice(["", "recipient", "infrastructure"]))
            case 1:
                yield Search("below", f"shop-{choose.randrange(977)}.example")
            case 2:
                yield Search("network", f"10.{choose.randrange(256)}.0.0/16")
            case 3:
                yield Search("text", f"{choose.randrange(10**5)}.shop-{choose.randrange(977)}")
            case 4:
                yield Search("source", f"Authority {choose.choice('ABCDEF')}")
            case _:
                yield Search("entity", entity)


def liked(table: object, searches: list[Search]) -> int:
    """The naive way: every new id against every pattern."""
    shapes = {"entity": "{}", "prefix": "{}%", "below": "%.{}", "text": "%{}%"}
    with duckdb.connect() as link:
        link.execute("SET threads = 2")
        link.register("news", table)
        link.register("wish", pa.table({"pattern": [shapes[each.how].format(each.what) for each in searches if each.how in shapes]}))
        return len(link.execute("SELECT pattern, ordinal FROM news JOIN wish ON entity LIKE pattern").fetchall())


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of both cores: a busy machine does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def say(name: str, value: float, peer: str, theirs: float) -> None:
    line = {"name": name, "value": round(value, 2), "unit": "s", "goal": 5.0, "peer": peer, "peer_value": round(theirs, 2)}
    print(json.dumps({**line, "ratio": round(theirs / value, 2)}), flush=True)


if __name__ == "__main__":
    main()
