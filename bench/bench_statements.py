"""From the bytes of victims' reports to durable, sealed, logged statements; beside SQLite storing the same payloads, and rfc8785.

    python bench/bench_statements.py [--quick] [--profile]

The input is CSV as a desk gives it (invented, marked synthetic): reports with phones in several spellings, accounts, payments and a
short narrative. Statements: more than half say something about a phone or an account; all four groups are filled to the last field.
Nothing is left out: parse, normalise, canonical form, ids, commitments, sealing under each victim's own key, vault and log made
durable. The peers do less.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import multiprocessing
import os
import pstats
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import rfc8785

from saksi.app.pipeline import Counts, Watch, take_in
from saksi.app.worker import Met
from saksi.formats.batch import Chunk
from saksi.formats.bulk import encode, payload, statement_of
from saksi.formats.reader import Given, Job, read
from saksi.formats.report import ReportReader
from saksi.ledger.ledger import Ledger, Setup
from saksi.model import Asserter, Grade, Marking, Pap, Source, Tlp
from take_memory import held_by, peak_of_take

ORIGIN = "authority-a.example/saksi/1"
GROUP = 1_000
GIVEN = Given(
    Source(
        digest="5a" * 32,
        uri="https://desk.authority-a.example/reports/2026-01.csv",
        title="Reports of January (synthetic)",
        publisher="Anti-scam desk of A",
        published="2026-01-31",
        series="desk:authority-a",
    ),
    Asserter("authority-a.example", "2026-02-01T09:00:00Z", analyst="analyst-17", grade=Grade("B", 2)),
    Marking(Tlp.AMBER, Pap.GREEN, ("authority-a.example", "authority-b.example"), "prevention of fraud", "Act 7 of A, s. 12", "2031-01-31"),
)


@dataclass(frozen=True, slots=True)
class Quoting:
    """The report reader, with the words of the source quoted in every statement that has any: no field stays empty."""

    reader: ReportReader

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        return self.reader.split(stream)

    def read_job(self, job: Job) -> Chunk:
        chunk = self.reader.read_job(job)
        return replace(chunk, batch=replace(chunk.batch, quote=chunk.batch.original))


READER = Quoting(ReportReader(GIVEN, "csv", "authority-a.example"))


def reports(rows: int, seed: int = 1) -> bytes:
    """CSV of invented reports."""
    choose = random.Random(seed)
    heading = "reference,reported_at,country,language,typology,channel,narrative,synthetic,amount,currency,paid_at"
    lines = [heading + ",payee_account,payee_bank,scam_phone"]
    kinds = ("impersonation", "investment", "job", "romance")
    for number in range(rows):
        digits = f"{choose.randrange(10**6):06d}"
        phone = choose.choice((f"012 {digits[:3]} {digits[3:]}", f"+85512{digits}", f"(012) {digits[:3]}-{digits[3:]}", f"០១២{digits}"))
        kind = choose.choice(kinds)
        money = choose.randrange(10**6)
        text = f"The caller said that my account {money} was used in a crime and asked for a safe transfer of {number % 977}."
        lines.append(
            f"R-2026-{number:07d},2026-01-{1 + number % 28:02d},KH,en,{kind},phone,{text},true,{choose.randrange(5, 9000)}.00,USD,"
            f"2026-01-{1 + number % 27:02d},{choose.randrange(10**8):09d},ABA,{phone}"
        )
    return ("\n".join(lines) + "\n").encode()


class Memory:
    """The most memory that this process and its workers hold together while the block runs."""

    def __enter__(self) -> Memory:
        self.most = 0.0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            pids = [os.getpid(), *(each.pid or 0 for each in multiprocessing.active_children())]
            self.most = max(self.most, sum(held_by(pid)["Pss"] for pid in pids))


def everything(met: Met) -> list[bool]:
    return [True] * len(met)


def bulk(folder: Path, stream: BinaryIO, workers: int) -> tuple[float, Counts, Ledger]:
    ledger = Ledger.create(folder, Setup(ORIGIN, clock=lambda: time.time_ns() // 1_000_000))
    begun = time.perf_counter()
    with ledger.transaction() as take:
        counts = take_in(READER, READER.split(stream), take, watch=Watch(everything), workers=workers)
    return time.perf_counter() - begun, counts, ledger


def one_by_one(folder: Path, data: bytes) -> tuple[float, int, Ledger]:
    """Each statement a leaf of its own, acknowledged in groups; each report its own data subject."""
    ledger = Ledger.create(folder, Setup(ORIGIN, clock=lambda: time.time_ns() // 1_000_000))
    begun = time.perf_counter()
    count = 0
    group, named, known = [], [], {}
    for chunk in read(READER, io.BytesIO(data)):
        for row in range(len(chunk.batch)):
            label = chunk.batch.subject[row] if chunk.batch.subject else None
            if label is not None and label not in known:
                known[label] = ledger.new_subject()
            group.append(statement_of(chunk.batch, row))
            named.append([] if label is None else [known[label]])
            if len(group) == GROUP:
                count += len(ledger.append(group, subjects=named))
                group, named = [], []
    if group:
        count += len(ledger.append(group, subjects=named))
    return time.perf_counter() - begun, count, ledger


def sqlite(path: Path, payloads: list[bytes]) -> float:
    """The same payloads as rows in SQLite, WAL, synchronous FULL, a commit for each group: no salt, no seal, no commitment, no tree."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE statement (number INTEGER PRIMARY KEY, payload BLOB)")
    begun = time.perf_counter()
    for start in range(0, len(payloads), GROUP):
        base.execute("BEGIN")
        base.executemany("INSERT INTO statement (payload) VALUES (?)", [(each,) for each in payloads[start : start + GROUP]])
        base.execute("COMMIT")
    taken = time.perf_counter() - begun
    base.close()
    return taken


def say(name: str, value: float, unit: str, goal: float, *, peer: str, peer_value: float, better: str = "more") -> None:
    ratio = value / peer_value if better == "more" else peer_value / value
    line = {"name": name, "value": round(value, 1), "unit": unit, "goal": goal, "peer": peer, "peer_value": round(peer_value, 1)}
    print(json.dumps({**line, "ratio": round(ratio, 3)}), flush=True)


def peers(folder: Path) -> tuple[int, int, float]:
    """What the input amounts to, and the peers on it: statements, bytes of SQLite's files, its rows a second."""
    batches = [chunk.batch for chunk in read(READER, io.BytesIO(reports(4_000)))]
    observed = sum(entity.startswith(("phone:", "account:")) for batch in batches for entity in batch.entity)
    total = sum(map(len, batches))
    payloads = [payload(groups) for batch in batches for groups in encode(batch).groups]
    print(f"# {observed / total:.0%} about phones and accounts, {total / 4_000:.1f} statements a report, "
          f"{sum(map(len, payloads)) / total:.0f} bytes a payload, {os.cpu_count()} cores")  # fmt: skip
    peer_rows = total / sqlite(folder / "peer.db", payloads)

    objects = [json.loads(each) for each in payloads[:5_000]]
    begun = time.perf_counter()
    for each in objects:
        rfc8785.dumps(each)
    peer_canonical = len(objects) / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for batch in batches:
        encode(batch)
    canonical = total / (time.perf_counter() - begun)
    say("canonical form and id, a core", canonical, "statements/s", 0, peer="rfc8785, canonical form alone", peer_value=peer_canonical)
    database = (folder / "peer.db").stat().st_size + sum(each.stat().st_size for each in folder.glob("peer.db-wal"))
    return total, database, peer_rows


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--quick", action="store_true")
    ask.add_argument("--profile", action="store_true")
    chosen = ask.parse_args()
    rows = 20_000 if chosen.quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.profile:
            profile = cProfile.Profile()
            profile.runcall(bulk, folder / "profiled", io.BytesIO(reports(10_000)), 0)
            pstats.Stats(profile).sort_stats("tottime").print_stats(28)
            return
        total, database, peer_rows = peers(folder)
        source = folder / "reports.csv"
        source.write_bytes(reports(rows))
        before = os.times()
        with Memory() as held, source.open("rb") as stream:
            taken, counts, ledger = bulk(folder / "two", stream, 2)
        after = os.times()
        spent = sum(getattr(after, part) - getattr(before, part) for part in ("user", "system", "children_user", "children_system"))
        size = ledger.vault_bytes / counts.taken
        ledger.close()
        peer = "SQLite WAL FULL, payload rows alone, groups of 1,000"
        say("statements in batches, 2 workers", counts.taken / taken, "statements/s", 50_000, peer=peer, peer_value=peer_rows)
        idle = 2 * counts.taken / spent
        say("the same by processor time, were two cores idle", idle, "statements/s", 50_000, peer=peer, peer_value=peer_rows)
        most, input_mb = held.most, source.stat().st_size / 1e6
        say("memory of that take, all processes", most, "MB", 300, peer="size of the input", peer_value=input_mb, better="less")
        say("vault, in batches", size, "bytes/statement", 400, peer="SQLite file", peer_value=database / total, better="less")

        peak = peak_of_take(folder, 100_000 if chosen.quick else 1_000_000)
        say("take: peak memory", peak.held, "MB", 300, peer="size of the input", peer_value=peak.given, better="less")
        print(f"# of which {peak.own:.0f} MB are no file's", flush=True)

        taken, counts, ledger = bulk(folder / "none", io.BytesIO(reports(rows // 5)), 0)
        ledger.close()
        say("statements in batches, this process alone", counts.taken / taken, "statements/s", 25_000, peer=peer, peer_value=peer_rows)

        taken, count, ledger = one_by_one(folder / "single", reports(max(2_000, rows // 20)))
        size = ledger.vault_bytes / count
        ledger.close()
        say(f"statements one by one, durable in groups of {GROUP}", count / taken, "statements/s", 5_000, peer=peer, peer_value=peer_rows)
        say("vault, one by one", size, "bytes/statement", 400, peer="SQLite file", peer_value=database / total, better="less")


if __name__ == "__main__":
    main()
