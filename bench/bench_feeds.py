"""A block list of what invented lists accuse: made from nothing, after one more statement, and given again at an unchanged size.

    python bench/bench_feeds.py [--quick]      330,000 statements; --quick: 65,000

Peer in the same run, on the same facts: a SQLite table with a row a statement, joined with its sources, recorders and markings, grouped by
entity, filtered (accusing, no denial, PAP, TLP) and written as the same kind of lines. It knows no expiry, no parents and no amendments.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from saksi.model import Reader, Tlp
from saksi.screen.feeds import Plan, feed, write
from saksi.screen.judge import Setting
from saksi.views.views import Views
from synthetic_ledger import BATCH, ORIGIN, make, more

OFFICER = Reader("authority-a.example", home=True, clearance=Tlp.RED)
EVERY = ("account", "email", "handle", "host", "ip", "network", "phone", "proxy", "url", "wallet")
GOAL = 2.0


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    rows = 65_000 if options.parse_args().quick else 330_000
    with tempfile.TemporaryDirectory() as scratch:
        run(rows, Path(scratch))


def run(rows: int, place: Path) -> None:
    ledger = make(place / "ledger", 0)
    for number in range(-(-rows // BATCH)):
        more(ledger, 2 * number + 1, min(BATCH, rows - number * BATCH))  # the odd ones are lists
    with Views.open(place / "views") as views:
        views.fold(ledger)
        peer = Peer(place / "peer.sqlite", views)
        label = f"{rows:,} statements"
        for name, kinds in (("hosts", ("host",)), ("csv", EVERY)):
            made = timed(lambda name=name, kinds=kinds: listed(views, name, kinds))
            theirs = timed(lambda kinds=kinds: peer.listed(kinds))
            assert listed(views, name, kinds) == peer.listed(kinds) > rows // 3
            say(f"block list {name}, {label}", made, theirs)
        more(ledger, 2 * rows + 1, 1)
        views.fold(ledger)
        say(f"block list hosts after one more statement, {label}", timed(lambda: listed(views, "hosts", ("host",))), theirs)


def listed(views: Views, form: str, kinds: tuple[str, ...]) -> int:
    """The entries of a block list that was written to its last byte."""
    with views.pinned() as held:
        made = feed(
            held, Plan(Setting(OFFICER, "2026-06-15", ORIGIN, held.size), "authority-a.example", "2026-06-15T08:00:00Z", form, kinds)
        )
    assert len("".join(write(made)).encode()) > len(made.entries)
    return len(made.entries)


class Peer:
    """The same facts, row by row."""

    def __init__(self, path: Path, views: Views) -> None:
        self.link = sqlite3.connect(path, isolation_level=None)
        self.link.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE statement (entity TEXT, prop TEXT, value TEXT, polarity TEXT, at TEXT,"
            " ref TEXT, grade TEXT, source INTEGER, handling INTEGER);"
            "CREATE TABLE source (id INTEGER PRIMARY KEY, published TEXT);"
            "CREATE TABLE handling (id INTEGER PRIMARY KEY, tlp TEXT, pap TEXT);"
        )
        self.link.execute("BEGIN")
        for some in views.all_entities():
            for held in views.facts_many(some):
                rows = (
                    (
                        one.entity, one.prop, str(one.value), one.polarity, one.asserted_at, one.commitment.hex(),
                        str(views.asserter(one.asserter).grade), one.source, one.handling,
                    )
                    for one in held.facts
                )  # fmt: skip
                self.link.executemany("INSERT INTO statement VALUES (?,?,?,?,?,?,?,?,?)", rows)
        for (number,) in self.link.execute("SELECT DISTINCT source FROM statement").fetchall():
            self.link.execute("INSERT INTO source VALUES (?,?)", (number, views.source(number).published))
        for (number,) in self.link.execute("SELECT DISTINCT handling FROM statement").fetchall():
            marking = views.handling(number)
            self.link.execute("INSERT INTO handling VALUES (?,?,?)", (number, marking.tlp.value, marking.pap.value))
        self.link.execute("COMMIT")
        self.link.executescript("CREATE INDEX by_entity ON statement (entity);")

    def listed(self, kinds: tuple[str, ...]) -> int:
        """How many entities are listed, each written as a line."""
        wanted = " OR ".join(f"entity GLOB '{kind}:*'" for kind in kinds)
        rows = self.link.execute(
            "SELECT entity, group_concat(DISTINCT value), min(published), max(published), max(tlp), max(ref) FROM statement s"
            " JOIN source o ON o.id = s.source JOIN handling h ON h.id = s.handling"
            f" WHERE ({wanted}) AND prop = 'role' AND polarity = 'affirm' AND value = 'infrastructure' AND pap IN ('CLEAR', 'GREEN')"
            " AND grade NOT GLOB 'E*' AND grade NOT GLOB '*5'"
            " AND NOT EXISTS (SELECT 1 FROM statement d WHERE d.entity = s.entity AND (d.polarity = 'deny' OR d.prop = 'safeListed'))"
            " GROUP BY entity ORDER BY entity"
        )
        lines = [
            f"0.0.0.0 {entity.partition(':')[2]}  # {roles}; since {since}, last {last}; {ref}\n"
            for entity, roles, since, last, _, ref in rows
        ]
        assert "".join(lines).encode()
        return len(lines)


def timed(work: Callable[[], object]) -> float:
    """Processor seconds: both sides use one core, and a busy machine does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def say(name: str, value: float, peer: float) -> None:
    line = {"name": name, "value": round(value, 2), "unit": "s", "goal": GOAL, "peer": "sqlite join, filter, sort"}
    print(json.dumps({**line, "peer_value": round(peer, 2), "ratio": round(peer / value, 2)}), flush=True)


if __name__ == "__main__":
    main()
