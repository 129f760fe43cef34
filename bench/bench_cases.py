"""The desk over 100,000 open reports: candidates for a new report, the first page of the queue, the folding of the board.

    python bench/bench_cases.py [--quick]      100,000 reports; --quick: 20,000

Peer in the same run, on the same reports: a SQLite table (report, identifier), indexed both ways and joined with itself. It names the
reports that share an identifier and how many of them they share; it knows no reasons, hubs, payments, wording or markings. Everything is
in the page cache. The reports are invented: 4 identifiers each, one account in 4 % of all, one in 1 %
whose reports all come in on one day, some shared by a few.
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

from saksi.cases.board import Board
from saksi.cases.flood import Stretches
from saksi.formats.batch import StatementBatch
from saksi.formats.bulk import encode
from saksi.ledger.frame import seal_batch
from saksi.ledger.ledger import Ledger, Setup
from saksi.model import Asserter, Marking, Pap, Source, Tlp
from saksi.views.views import Views

ORIGIN = "authority-a.example/saksi/1"
NOW = "2026-06-15T12:00:00Z"
FLOODED = "2026-06-14"  # all reports of one account come in on one day
BATCH = 5_000  # reports
TOLD = "a voice told me that my account was used by thieves and asked me to move money to a safe one at once or be held"
WORDS = TOLD.split()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    reports = 20_000 if options.parse_args().quick else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        run(reports, Path(scratch))


def run(reports: int, place: Path) -> None:
    ledger = Ledger.create(place / "ledger", Setup(ORIGIN, clock=lambda: 1_780_000_000_000))
    for start in range(0, reports, BATCH):
        append(ledger, range(start, start + BATCH))
    views = Views.open(place / "views")
    views.fold(ledger)
    label = f"{reports:,} open reports"
    peer = Peer(place)
    joined = timed(lambda: peer.add(pairs(range(reports))))

    board = Board(place / "board.sqlite", origin=ORIGIN)
    folded = timed(lambda: board.catch_up(views, ledger))
    say(f"board folded from nothing, {label}", folded, ("s", 60), ("sqlite, the pairs alone", joined))
    board.close()

    board = Board(place / "board.sqlite", origin=ORIGIN)  # as a node that has just started
    first = timed(lambda: board.queue(NOW, limit=50))
    plain = timed(lambda: peer.link.execute("SELECT DISTINCT report FROM pair ORDER BY report LIMIT 50").fetchall())
    say(f"first page of the queue, {label}", 1000 * first, ("ms", 1000), ("sqlite, 50 reports in order", 1000 * plain))
    page = board.queue(NOW, limit=50)
    times = []
    for _ in range(200):
        times.append(1000 * timed(lambda after=page.next: board.queue(NOW, after=after, limit=50)))
        page = board.queue(NOW, after=page.next, limit=50)
    say(f"a further page of the queue, p99, {label}", at(times, 0.99), ("ms", 100), ("sqlite, 50 reports in order", 1000 * plain))

    choose = random.Random(5)
    asked = [report(choose.randrange(reports)) for _ in range(1_000)]
    for each in asked[:50]:  # warm
        found = board.linked(each)
        assert found is not None
        assert {one.report for one in found.candidates} >= {other for other, _ in peer.shared(each, most=100)}, each
    mine = [1000 * timed(lambda each=each: board.linked(each)) for each in asked]
    theirs = [1000 * timed(lambda each=each: peer.shared(each)) for each in asked]
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        say(f"candidates for a report, {name}, {label}", at(mine, share), ("ms", 50), ("sqlite self-join", at(theirs, share)))
    hub = [report(number) for number in range(0, reports, 25)][:200]
    busy = [1000 * timed(lambda each=each: board.linked(each)) for each in hub]
    other = [1000 * timed(lambda each=each: peer.shared(each)) for each in hub]
    say(f"candidates for a report that names a hub, p99, {label}", at(busy, 0.99), ("ms", 50), ("sqlite self-join", at(other, 0.99)))

    flood = [report(number) for number in range(1, reports, 100)][:100]
    heavy = [1000 * timed(lambda each=each: board.linked(each)) for each in flood]
    apart = [1000 * timed(lambda each=each: peer.shared(each)) for each in flood]
    stretches = Stretches()
    page, plain = 1000 * timed(lambda: [board.linked(each, stretches) for each in flood[:50]]), sum(apart[:50])
    say(f"a page of 50 reports of one flood, with all they share, {label}", page, ("ms", 1000), ("sqlite self-join", plain))
    say(f"candidates for a report in a flood, max, {label}", at(heavy, 1.0), ("ms", 50), ("sqlite self-join", at(apart, 1.0)))

    new, known = [], []
    for number in range(reports, reports + 20):
        append(ledger, range(number, number + 1))
        views.fold(ledger)
        new.append(1000 * timed(lambda: board.catch_up(views, ledger)))
        known.append(1000 * timed(lambda number=number: peer.add(pairs(range(number, number + 1)))))
    say(f"a new report on the board, p50, {label}", at(new, 0.5), ("ms", 500), ("sqlite, the pairs alone", at(known, 0.5)))
    fresh = [1000 * timed(lambda each=each: board.linked(report(each))) for each in range(reports, reports + 20)]
    news = [1000 * timed(lambda each=each: peer.shared(report(each))) for each in range(reports, reports + 20)]
    say(f"candidates for a new report, max, {label}", at(fresh, 1.0), ("ms", 50), ("sqlite self-join", at(news, 1.0)))


def report(number: int) -> str:
    return f"report:desk/{number:07d}"


def names(number: int) -> list[tuple[str, str, str]]:
    """What a report names: (entity, schema, role)."""
    choose = random.Random(number)
    account = 0 if number % 25 == 0 else 1 if number % 100 == 1 else choose.randrange(2, 60_000)
    return [
        (f"account:XA:BANKA:{account:012d}", "BankAccount", "recipient"),
        (f"phone:+999{choose.randrange(80_000):010d}", "PhoneNumber", "infrastructure"),
        (f"host:h{choose.randrange(30_000)}.example", "WebSite", "infrastructure"),
        (f"phone:+998{choose.randrange(10**9):010d}", "PhoneNumber", "victim-own"),
    ]


def pairs(numbers: Sequence[int]) -> Iterator[tuple[str, str]]:
    return ((report(number), entity) for number in numbers for entity, _, _ in names(number))


def append(ledger: Ledger, numbers: Sequence[int]) -> None:
    rows: list[tuple[str, str, str, object, int]] = []
    for number in numbers:
        choose, own = random.Random(-number - 1), report(number)
        named = names(number)
        day = (
            FLOODED
            if number % 100 == 1
            else f"2026-{1 + number * 6 // 100_100:02d}-{choose.randrange(1, 29):02d}"
            if number < 100_000
            else "2026-06-14"
        )
        rows += [(entity, schema, "reportedIn", own, number) for entity, schema, _ in named]
        rows += [(entity, schema, "role", role, number) for entity, schema, role in named]
        paid = {"amount": f"{choose.randrange(1, 400) * 25}", "at": day, "currency": "XTA", "payee": named[0][0], "report": own}
        paid |= {"rail": choose.choice(["bank-transfer", "wallet-app", "crypto", "card"])}
        rows.append((f"transfer:desk/{number:07d}/1", "Transfer", "record", paid, number))
        told = " ".join(choose.choices(WORDS, k=40)) if number % 3 else TOLD
        record = {
            "amount": paid["amount"],
            "currency": "XTA",
            "narrative": told,
            "reference": f"{number}",
            "reported": day,
            "synthetic": True,
        }
        rows.append((own, "VictimReport", "record", record, number))
    entity, schema, prop, value, subject = (list(part) for part in zip(*rows, strict=True))
    zero = [0] * len(rows)
    batch = StatementBatch(
        sources=[Source(digest=f"{numbers[0]:064x}", title="Reports (synthetic)", series="desk")],
        asserters=[Asserter("authority-a.example", "2026-06-15T08:00:00Z")],
        handlings=[Marking(Tlp.AMBER, Pap.AMBER, purpose="prevention of scams", legal_basis="Act 1")],
        source=zero, asserter=zero, handling=zero, entity=entity, schema=schema, prop=prop, value=value, polarity=["affirm"] * len(rows),
        original=[None] * len(rows), quote=[None] * len(rows), row=[each + 1 for each in subject], column=[None] * len(rows),
        subject=[f"{each}" for each in subject],
    )  # fmt: skip
    made = encode(batch)
    assert not made.refused, made.refused[:1]
    with ledger.transaction() as take:
        take.add(seal_batch(made.groups, batch.subject, keys=take.keys, common=made.common, random=random.randbytes))


class Peer:
    """The shared identifiers alone."""

    def __init__(self, place: Path) -> None:
        self.link = sqlite3.connect(place / "peer.sqlite", isolation_level=None)
        self.link.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE pair (report TEXT, thing TEXT);"
            "CREATE INDEX by_report ON pair (report, thing); CREATE INDEX by_thing ON pair (thing, report);"
        )

    def add(self, rows: Iterator[tuple[str, str]]) -> None:
        self.link.execute("BEGIN")
        self.link.executemany("INSERT INTO pair VALUES (?,?)", rows)
        self.link.execute("COMMIT")

    def shared(self, report: str, *, most: int = 1 << 40) -> list[tuple[str, int]]:
        return self.link.execute(
            "SELECT b.report, count(*) FROM pair a JOIN pair b ON b.thing = a.thing WHERE a.report = ?1 AND b.report <> ?1 "
            "AND (?2 > 1000000 OR (SELECT count(*) FROM pair c WHERE c.thing = a.thing) <= ?2) GROUP BY 1 ORDER BY 2 DESC, 1",
            (report, most),
        ).fetchall()


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def say(name: str, value: float, unit: tuple[str, float], peer: tuple[str, float]) -> None:
    line = {"name": name, "value": round(value, 2), "unit": unit[0], "goal": unit[1], "peer": peer[0]}
    print(json.dumps({**line, "peer_value": round(peer[1], 2), "ratio": round(peer[1] / value, 2)}), flush=True)


if __name__ == "__main__":
    main()
