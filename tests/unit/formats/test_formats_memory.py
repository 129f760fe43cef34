"""A file of any size is read in a flat memory: what one chunk needs, whatever comes after it."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from formats_given import GIVEN

from saksi.formats.listed import Says
from saksi.formats.reader import Reader, read
from saksi.formats.report import ReportReader
from saksi.formats.valuelist import ListReader, Table


class Endless(io.RawIOBase):
    """A stream made as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1, /) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        made, self._left = self._left[:size], self._left[size:]
        return made


def reports(many: int) -> Iterator[bytes]:
    yield b"reference,happened_at,scam_phone,payee_wallet,amount,narrative\n"
    for block in range(many // 100):
        yield b"".join(
            b'R%d,2026-01-05,+85512%06d,0x%040x,5.00,"text, %s"\n' % (n, n % 10**6, n, b"x" * 200)
            for n in range(block * 100, block * 100 + 100)
        )


def objects(many: int) -> Iterator[bytes]:
    for n in range(many):
        yield b'{"reference":"R%d","scam_phone":"+85512%06d","narrative":"%s"}\n' % (n, n % 10**6, b"x" * 200)


def hosts(many: int) -> Iterator[bytes]:
    for n in range(many // 100):
        yield b"".join(b"a%d.bad.example.com\n" % at for at in range(n * 100, n * 100 + 100))


def table(many: int) -> Iterator[bytes]:
    yield b"domain,since\n"
    for n in range(many // 100):
        yield b"".join(b"a%d.bad.example.com,2024-01-01\n" % at for at in range(n * 100, n * 100 + 100))


SAYS = Says(("host",), (("role", "infrastructure"),))
CASES = [
    (ReportReader(GIVEN, "csv", "centre.a.example"), reports, 4000),
    (ReportReader(GIVEN, "jsonl", "centre.a.example"), objects, 4000),
    (ListReader(GIVEN, SAYS), hosts, 20_000),
    (ListReader(GIVEN, SAYS, "table", Table("domain", "since")), table, 20_000),
]


@pytest.mark.parametrize(("reader", "made", "many"), CASES, ids=["csv", "jsonl", "lines", "table"])
def test_ten_times_the_rows_take_no_more_memory(reader: Reader, made: object, many: int) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        counted = sum(chunk.rows for chunk in read(reader, Endless(made(rows))))  # type: ignore[arg-type, operator]
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert counted == rows
        return top

    peak(200)
    small, large = peak(many), peak(many * 5)
    assert large < small * 1.5 + 2_000_000
    assert large < 60_000_000
