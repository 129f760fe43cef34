"""The take pipeline: the same ledger with and without workers, all or nothing, nothing twice."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.app.pipeline import Counts, Watch, take_in
from saksi.app.seen import Seen
from saksi.app.worker import Met
from saksi.formats.batch import Chunk, Rejected, StatementBatch
from saksi.formats.reader import Given, Job, Reader
from saksi.formats.report import ReportReader
from saksi.ledger.check import check_ledger
from saksi.ledger.ledger import Ledger, Setup
from saksi.model.errors import BadInput, LedgerFault
from saksi.model.marking import Marking
from saksi.model.source import Source
from saksi.model.statement import Asserter, Statement

GIVEN = Given(Source("5a" * 32, title="Desk (synthetic)", series="desk:a"), Asserter("a.example", "2026-02-01T09:00:00Z"), Marking())
REPORTS = ReportReader(GIVEN, "csv", "a.example")


@dataclass(frozen=True)
class Odd:
    """A reader of lines of words, some of which no statement can be; the word `stop` ends the process, `no` is refused as a whole."""

    given: Given

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        for number, line in enumerate(stream.read().decode("utf-8", "surrogateescape").split("\n")):
            yield Job(("word",), [[word] for word in line.split()], [number + 1] * len(line.split()))

    def read_job(self, job: Job) -> Chunk:
        words = [row[0] for row in job.rows]
        if "stop" in words:
            os._exit(3)
        if "no" in words:
            raise BadInput("this is no word", where="line 7", todo="take it out")
        size = len(words)
        batch = StatementBatch(
            sources=[self.given.source], asserters=[self.given.asserter], handlings=[self.given.handling], source=[0] * size,
            asserter=[0] * size, handling=[0] * size, entity=[f"handle:{word}" for word in words], schema=["Handle"] * size,
            prop=["role"] * size, value=words, polarity=["affirm"] * size, row=list(job.numbers), subject=[word[:1] for word in words],
        )  # fmt: skip
        return Chunk(batch, (), size)


def run(folder: Path, reader: Reader, data: bytes, *, workers: int) -> tuple[Counts, list[Rejected], list[bytes]]:
    refused: list[Rejected] = []
    with Ledger.create(folder / "ledger", Setup("a.example/saksi/1", clock=lambda: 1)) as ledger:
        with Seen(folder) as seen, ledger.transaction() as taking:

            def decide(met: Met) -> list[bool]:
                return list(seen.first(met.ids))

            counts = take_in(reader, reader.split(io.BytesIO(data)), taking, watch=Watch(decide, refused.extend), workers=workers)
        payloads = [payload for block in ledger.read() for payload in block.payloads if payload is not None]
    assert check_ledger(folder / "ledger", ledger.vkeys).clean
    return counts, refused, payloads


def csv(rows: int) -> bytes:
    lines = ["reference,reported_at,country,scam_phone,payee_account,payee_bank,amount,currency"]
    lines += [f"R-{n},2026-01-02,KH,012 345 {n % 900:03d},{n:09d},ABA,{n}.00,USD" for n in range(rows)]
    return "\n".join(lines).encode()


def test_workers_make_the_same_ledger_in_the_same_order(tmp_path: Path) -> None:
    made = []
    for workers in (0, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        made.append(run(folder, REPORTS, csv(5_000), workers=workers))
    assert made[0] == made[1]
    counts, refused, payloads = made[0]
    assert counts.rows == 5_000
    assert counts.taken == len(payloads) > 15_000
    assert counts.rejected == len(refused)
    assert Statement.parse(payloads[-1]).asserter.authority == "a.example"


def test_what_comes_twice_goes_in_once_and_bad_rows_are_named(tmp_path: Path) -> None:
    data = "\n".join(["one two", "two bad\x7f three", "one one four"]).encode() + b"\n" + "de\u0301j\u00e0 five".encode()
    for workers in (0, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        counts, refused, payloads = run(folder, Odd(GIVEN), data, workers=workers)
        assert [Statement.parse(payload).content.value for payload in payloads] == ["one", "two", "three", "four", "five"]  # type: ignore[union-attr]
        assert (counts.taken, counts.duplicate, counts.rejected) == (5, 3, 2)
        assert [(one.locator.row, one.original) for one in refused] == [(2, "bad\x7f"), (4, "de\u0301j\u00e0")]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_reader_that_refuses_takes_the_whole_take_back(tmp_path: Path, workers: int) -> None:
    with pytest.raises(BadInput) as refusal:
        run(tmp_path, Odd(GIVEN), b"a\nb\nc\nd no\ne", workers=workers)
    assert (refusal.value.what, refusal.value.where, refusal.value.todo) == ("this is no word", "line 7", "take it out")
    with Ledger.open(tmp_path / "ledger", Setup("a.example/saksi/1", clock=lambda: 1)) as ledger:
        assert (ledger.size, ledger.vault_bytes) == (0, 0)


def test_a_worker_that_dies_takes_the_whole_take_back(tmp_path: Path) -> None:
    with pytest.raises(LedgerFault, match="ended before its time"):
        run(tmp_path, Odd(GIVEN), b"a\nb\nc\nd stop\ne\nf", workers=2)
    with Ledger.open(tmp_path / "ledger", Setup("a.example/saksi/1", clock=lambda: 1)) as ledger:
        assert (ledger.size, ledger.vault_bytes) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=12), st.integers(1, 20))
def test_the_first_of_each_id_counts(tmp_path_factory: pytest.TempPathFactory, pieces: list[list[int]], on_disk: int) -> None:
    """Against a plain set, with runs that go to disk early, a few ids at a time, and ids that agree in their first half."""

    def id_of(number: int) -> bytes:
        return (number // 3 * (2**64 // 14)).to_bytes(8, "big") + (number % 3).to_bytes(8, "big") + bytes(16)

    known: set[int] = set()
    with pytest.MonkeyPatch.context() as patch, Seen(tmp_path_factory.mktemp("seen"), on_disk=on_disk) as seen:
        patch.setattr("saksi.app.seen._PIECE", 3)
        patch.setattr("saksi.app.seen._SLICE", 4)
        for piece in pieces:
            expected = []
            for number in piece:
                expected.append(number not in known)
                known.add(number)
            assert list(seen.first(b"".join(map(id_of, piece)))) == expected
        assert len(seen) == len(known)
