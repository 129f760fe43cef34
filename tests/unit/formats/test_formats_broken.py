"""Files broken in ways that cost memory or the reason: said plainly, with the place, and in a flat memory."""

from __future__ import annotations

import codecs
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from formats_given import GIVEN, take
from test_formats_memory import SAYS, Endless

from saksi.formats.lines import MAX_LINE, opening, read_lines
from saksi.formats.reader import Reader
from saksi.formats.report import ReportReader
from saksi.formats.report_csv import MAX_COLUMNS
from saksi.formats.valuelist import ListReader
from saksi.model import BadInput
from saksi.sources.catalog import guess

HEADING = "reference,scam_phone,narrative\n"
ROWS = "R1,+85512345678,ថ្ងៃនេះ\nR2,+85512345679,\n"
CSV = ReportReader(GIVEN, "csv", "centre.a.example")
LINES = ReportReader(GIVEN, "jsonl", "centre.a.example")
LIST = ListReader(GIVEN, SAYS)
PHONES = ["phone:+85512345678", "phone:+85512345679"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_as_a_spreadsheet_saves_it_is_recognised_and_read(codec: str, separator: str) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(codec, b"")
    data = mark + (HEADING + ROWS).replace(",", separator).replace("\n", "\r\n").encode(codec)
    known = guess("export.txt", data)
    assert known is not None
    assert known.spec.name == "report-desk"
    assert [entity for entity, _ in take(CSV, data).said("role")] == PHONES


def test_the_opening_of_a_file_never_fails() -> None:
    assert opening(codecs.BOM_UTF16_BE + "สวัสดี".encode("utf-16-be")[:-1]) == "สวัสด\ufffd"
    assert opening("domain".encode("utf-16-le")) == "domain"
    assert opening(b"\xff\xfe") == ""
    assert opening(b"a\xe0\xb8") == "a\ufffd"


def test_a_broken_character_of_utf16_is_named_as_such() -> None:
    data = codecs.BOM_UTF16_LE + (HEADING + ROWS).encode("utf-16-le") + "R3,ក".encode("utf-16-le") + b"\x00\xd8"
    taken = take(CSV, data)
    assert [entity for entity, _ in taken.said("role")] == PHONES
    assert taken.why() == [("row 3", "character 5 of the line is broken: not utf-16")]


def test_carriage_returns_alone_end_lines_in_utf16_too() -> None:
    data = codecs.BOM_UTF16_LE + "ก\u0e0aข\rสอง\r".encode("utf-16-le")
    assert [text for block in read_lines(io.BytesIO(data)) for text in block.texts] == ["ก\u0e0aข", "สอง"]


def test_bytes_of_another_encoding_cost_their_rows_only() -> None:
    data = (HEADING + ROWS).encode() + b"R3,+85512345670,caf\xe9\n" + "R4,+85512345671,ไทย\n".encode("cp874") + b"R5,+85512345672,last"
    taken = take(CSV, data)
    assert [entity for entity, _ in taken.said("role")] == [*PHONES, "phone:+85512345672"]
    assert taken.why() == [("row 3", "byte 20 of the line is not utf-8"), ("row 4", "byte 17 of the line is not utf-8")]


def test_a_lone_carriage_return_is_named() -> None:
    taken = take(CSV, (HEADING + ROWS).encode() + b"R3,+85512345670,a\rR4,+85512345671,b\r\n")
    assert taken.why() == [("row 3", "has 5 cells, the heading 3: a carriage return stands in it, which ends no line in this file")]


@pytest.mark.parametrize(
    ("data", "said", "todo"),
    [
        (b"scam_phone," + b"x" * (MAX_LINE + 1), "a line of more than", "give a table with a heading"),
        (b"caf\xe9,scam_phone\n", "byte 4 of the line", "declare the encoding"),
        (b",".join(b"c%d" % at for at in range(MAX_COLUMNS + 1)), "2001 columns, at most 2000", ""),
    ],
)
def test_a_heading_that_cannot_be_read_is_not_an_empty_file(data: bytes, said: str, todo: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        take(CSV, data)
    assert refusal.value.where == "line 1"
    assert todo in refusal.value.todo


def test_a_value_longer_than_any_can_be_is_not_even_tried() -> None:
    assert take(LIST, b"a.example.com\n" + b"x" * 20_000).why() == [("row 2", "20000 characters are too many for one value")]


def wide_rows(many: int) -> Iterator[bytes]:
    yield HEADING.encode()
    for number in range(many):
        yield b"R%d,+85512345678,%s\n" % (number, b"x" * 100_000)


def wide_objects(many: int) -> Iterator[bytes]:
    for number in range(many):
        yield b'{"reference":"R%d","scam_phone":"+85512345678","narrative":"%s"}\n' % (number, b"x" * 100_000)


def wide_values(many: int) -> Iterator[bytes]:
    for _ in range(many):
        yield b"a.example.com # " + b"x" * 100_000 + b"\n"


def bad_rows(many: int) -> Iterator[bytes]:
    yield HEADING.encode() + b"R1,+85512345678,\n" * (many // 2)
    for _ in range(many * 20):
        yield b"short\n"


def bad_values(many: int) -> Iterator[bytes]:
    for _ in range(many * 300):
        yield b"caf\xe9\n"


@pytest.mark.parametrize(
    ("reader", "made"),
    [(CSV, wide_rows), (LINES, wide_objects), (LIST, wide_values), (CSV, bad_rows), (LIST, bad_values)],
    ids=["wide rows", "wide objects", "wide lines", "bad rows", "bad lines"],
)
def test_a_job_is_never_large(reader: Reader, made: object) -> None:
    def peak(many: int) -> int:
        tracemalloc.start()
        for job in reader.split(Endless(made(many))):  # type: ignore[operator]
            assert len(job.rejected) <= 8_192
            assert sum(len(cell) for row in job.rows for cell in row) < 6_000_000
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    small, large = peak(200), peak(1_000)
    assert large < small * 1.5 + 4_000_000


@pytest.mark.parametrize(
    ("reader", "begin", "bad"),
    [
        (CSV, HEADING + 'R1,+85512345678,ok\nR2,+85512345679,"open\n', "x\n"),
        (LINES, '{"reference":"R1","scam_phone":"+85512345678"}\n', "x\n"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_refused_whole(reader: Reader, begin: str, bad: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield begin.encode()
        while True:
            yield bad.encode() * 1_000

    with pytest.raises(BadInput, match=r"cannot be read; the first reason: (row|line) 2"):
        list(reader.split(Endless(pieces())))
