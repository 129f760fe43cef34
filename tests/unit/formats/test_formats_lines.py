"""Lines out of bytes: encodings right, wrong, mixed and cut off; a bad line never costs its neighbours."""

from __future__ import annotations

import io

import pytest

from saksi.formats.lines import MAX_LINE, read_lines
from saksi.model import BadInput

KHMER = "០១២ ៣៤៥"
THAI = "๐๑๒ เบอร์"


def lines(data: bytes, encoding: str | None = None) -> tuple[list[str], list[tuple[int, str]]]:
    texts, faults = [], []
    for block in read_lines(io.BytesIO(data), encoding):
        for at, text in enumerate(block.texts):
            if at in block.faults:
                faults.append((block.first + at, block.faults[at][0]))
            else:
                texts.append(text)
    return texts, faults


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (f"a\n{KHMER}\n".encode(), None),
        (f"a\r\n{KHMER}\r\n".encode(), None),
        (f"a\r{KHMER}\r".encode(), None),
        (b"\xef\xbb\xbf" + f"a\n{KHMER}".encode(), None),
        (b"\xff\xfe" + f"a\n{KHMER}".encode("utf-16-le"), None),
        (b"\xfe\xff" + f"a\n{KHMER}".encode("utf-16-be"), None),
        (f"a\n{KHMER}".encode("utf-16-le"), "utf-16-le"),
        (f"a\n{KHMER}".encode("gb18030"), "gb18030"),
    ],
)
def test_the_same_lines_in_every_encoding(data: bytes, encoding: str | None) -> None:
    texts, faults = lines(data, encoding)
    assert [text for text in texts if text] == ["a", KHMER]
    assert not faults


@pytest.mark.parametrize("encoding", ["windows-874", "tis-620", "TIS-620"])
def test_thai_encodings_are_read_when_declared(encoding: str) -> None:
    assert lines(THAI.encode("cp874"), encoding) == ([THAI], [])


def test_stray_bytes_cost_their_line_only() -> None:
    texts, faults = lines(b"good\nb\xffad\n" + KHMER.encode() + b"\ncut " + KHMER.encode()[:-1])
    assert texts == ["good", KHMER]
    assert faults == [(2, "byte 2 of the line is not utf-8"), (4, "byte 21 of the line is not utf-8")]


def test_half_a_character_in_utf16_costs_its_line_only() -> None:
    data = b"\xff\xfe" + "good\n".encode("utf-16-le") + b"\x00\xd8" + "x\nfine\n".encode("utf-16-le")
    texts, faults = lines(data)
    assert [text for text in texts if text] == ["good", "fine"]
    assert [number for number, _ in faults] == [2]


def test_zero_bytes_cost_their_line_only() -> None:
    texts, faults = lines(b"good and long enough\nb\0ad\nfine")
    assert texts == ["good and long enough", "fine"]
    assert faults == [(2, "holds a zero byte, which is in no text")]


def test_a_huge_line_is_skipped_and_the_next_is_read() -> None:
    texts, faults = lines(b"a\n" + b"x" * (3 * MAX_LINE) + b"\nb\n" + b"y" * (2 * MAX_LINE))
    assert [text for text in texts if text] == ["a", "b"]
    assert [number for number, _ in faults] == [2, 4][: len(faults)]
    assert len(faults) == 2


def test_separators_inside_words_end_no_line() -> None:
    assert lines("a\u2028b\u0085c\x0bd\x0ce".encode())[0] == ["a\u2028b\u0085c\x0bd\x0ce"]


@pytest.mark.parametrize(
    ("data", "encoding", "word"),
    [
        ("ab\n".encode("utf-16-le") * 20, None, "UTF-16 without its mark"),
        (b"a", "rot13", "not one that is read"),
        (b"a", "utf-7", "not one that is read"),
        (b"\xff\xfe\0\0a\0\0\0", None, "UTF-32"),
        ("ab\n".encode("utf-16-le"), "utf-16", "without its mark"),
    ],
)
def test_what_cannot_be_read_at_all_is_said(data: bytes, encoding: str | None, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        lines(data, encoding)


@pytest.mark.parametrize("size", [1, 7, 1 << 18, (1 << 18) + 1])
def test_where_blocks_end_does_not_matter(size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, many: int | None = -1, /) -> bytes:
            return super().read(min(size, many or 0))

    data = ("\r\n".join(f"{number} {KHMER}" for number in range(300))).encode()
    found = [text for block in read_lines(Slow(data)) for text in block.texts]
    assert found == [f"{number} {KHMER}" for number in range(300)]
