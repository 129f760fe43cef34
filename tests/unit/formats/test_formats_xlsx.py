"""Spreadsheets: stored values, typed cells, and files made to do harm."""

from __future__ import annotations

import datetime
import io
import random
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest
from formats_given import GIVEN, take

from saksi.formats.report import ReportReader
from saksi.formats.report_mapping import OWN, parse_mapping
from saksi.formats.workbook import MAX_PARTS, MAX_UNPACKED, check_workbook
from saksi.model import BadInput

DESK = "centre.a.example"


def workbook(*sheets: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet(f"More{number}")
        assert sheet is not None
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


def xlsx(**settings: object) -> ReportReader:
    return ReportReader(GIVEN, "xlsx", DESK, settings.get("mapping", OWN))  # type: ignore[arg-type]


HEADING = ["reference", "happened_at", "country", "amount", "currency", "payee_account", "payee_bank", "scam_phone", "narrative"]


def test_a_sheet_says_the_same_as_a_table() -> None:
    row = ["R1", datetime.date(2026, 1, 5), "KH", 1200.5, "USD", "000 123 456", "ABA", "០១២ ៣៤៥ ៦៧៨", "ភាសាខ្មែរ"]
    taken = take(xlsx(), workbook([HEADING, row]))
    text = "R1,2026-01-05,KH,1200.5,USD,000 123 456,ABA,០១២ ៣៤៥ ៦៧៨,ភាសាខ្មែរ\n"
    as_csv = take(ReportReader(GIVEN, "csv", DESK), (",".join(HEADING) + "\n" + text).encode())
    assert not taken.rejected
    assert [one.payload() for one in taken.statements] == [one.payload() for one in as_csv.statements]


def test_a_number_where_digits_could_be_lost_is_refused() -> None:
    row = ["R1", None, "KH", 5, "USD", 123456, "ABA", 12345678, ""]
    taken = take(xlsx(), workbook([HEADING, row]))
    assert [place for place, _ in taken.why()] == ["sheet Sheet, row 1, column payee_account"]
    assert "leading zeros" in taken.why()[0][1]
    assert taken.said("role") == [("phone:+85512345678", "infrastructure")]


def test_dates_amounts_and_truth_are_read_as_stored() -> None:
    row = ["R1", datetime.datetime(2026, 1, 5, 13, 30), "KH", 0.1 + 0.2, "USD", None, None, "+85512345678", True]
    record = dict(take(xlsx(), workbook([HEADING, row])).said("record"))[f"report:{DESK}/R1"]
    assert (record["happened"], record["amount"], record["narrative"]) == ("2026-01-05", "0.3", "true")


def test_a_time_of_day_is_no_value() -> None:
    taken = take(xlsx(), workbook([HEADING, ["R1", datetime.time(3, 0), "KH", None, None, None, None, "+85512345678", ""]]))
    assert taken.why()[0][0] == "sheet Sheet, row 1, column happened_at"


def test_formulas_are_never_worked_out() -> None:
    taken = take(xlsx(), workbook([HEADING, ["R1", None, "KH", "=1+1", "USD", None, None, "+85512345678", '=HYPERLINK("http://x","y")']]))
    record = dict(taken.said("record"))[f"report:{DESK}/R1"]
    assert "amount" not in record
    assert "narrative" not in record


def test_which_sheet_is_meant() -> None:
    data = workbook([["x"]], [HEADING, ["R1", None, "KH", None, None, None, None, "+85512345678", ""]])
    with pytest.raises(BadInput, match="several filled sheets: Sheet, More1"):
        take(xlsx(), data)
    with pytest.raises(BadInput, match="no sheet 'Nowhere'"):
        take(xlsx(mapping=parse_mapping(b'sheet = "Nowhere"')), data)
    assert take(xlsx(mapping=parse_mapping(b'sheet = "More1"')), data).rows == 1


def test_headings_twice_and_empty_books() -> None:
    with pytest.raises(BadInput, match="stands twice"):
        take(xlsx(), workbook([["reference", "scam_phone", "scam_phone"], ["R1", "a", "b"]]))
    with pytest.raises(BadInput, match="empty"):
        take(xlsx(), workbook([]))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not an XLSX"),
        (b"reference,scam_phone\n", "not an XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not an XLSX"),
        (b"PK\x03\x04broken", "damaged"),
        (packed({"word/document.xml": b"<x/>"}), "no XLSX workbook"),
        (packed({"xl/workbook.xml": b"<x/>", "xl/sheet.xml": b" " * 20_000_000}), "swells more than 200 times"),
        (packed({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), "defines entities"),
        (packed({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16-le")}), "defines entities"),
        (packed({"xl/workbook.xml": b"<x/>"} | {f"p{number}": b"" for number in range(MAX_PARTS)}), "parts"),
        (packed({"xl/workbook.xml": b"<x/>"}), "cannot be read"),
    ],
)
def test_files_made_to_do_harm_are_refused(data: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(xlsx(), data)


def test_a_workbook_that_swells_slowly_is_refused() -> None:
    block = random.Random(1).randbytes(20_000)
    parts = {f"xl/part{number}.bin": block * 300 for number in range(MAX_UNPACKED // (20_000 * 300) + 1)}
    data = packed({"xl/workbook.xml": b"<x/>"} | parts)
    with pytest.raises(BadInput, match="swells"):
        check_workbook(io.BytesIO(data))


def test_a_book_cut_off_is_refused() -> None:
    data = workbook([HEADING, ["R1"]])
    for cut in (30, len(data) // 2, len(data) - 10):
        with pytest.raises(BadInput):
            take(xlsx(), data[:cut])


def with_cells(cells: bytes) -> bytes:
    """A good workbook with more cells put into its sheet by hand."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([HEADING, ["R1"]]))) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            made.writestr(name, source.read(name).replace(b"</sheetData>", cells + b"</sheetData>"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "more than 3000000 cells"),
        (b"<row r=\"9\"><c r='XFD1000'><v>1</v></c></row>", "more than 3000000 cells"),
        (b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>', "cells"),
        (b'<row r="9"><c r="ZZZZZZ9"><v>1</v></c></row>', "cells"),
        (b'<row r="9"><c r="A9" t="s"><v>99999</v></c></row>', "cannot be read"),
        (b'<row r="9"><c r="A9"><v>1</v>', "cannot be read"),
        (b"<row><c><v>1</v></c></row>", "as spreadsheets write it"),
        (b'<row r="9"><c t="n" s=">"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"x" * 600_000 + b"</t></is></c></row>", "as spreadsheets write it"),
        (
            b'<row r="9"><c r="A9"><v>'
            + b"1" * 100_000
            + b"</v></c></row>"
            + b" " * 120_000
            + b'<row r="99"><c   r = "XFD1048576"/></row>',
            "cells",
        ),
    ],
)
def test_a_far_cell_does_not_take_all_memory(cells: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(xlsx(), with_cells(cells))


def test_where_the_pieces_of_a_sheet_end_does_not_matter() -> None:
    """A far cell is found wherever it stands to the pieces of 256 kB in which the sheet is looked at."""
    for shift in range(0, 64, 7):
        filler = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(3, 6_200)) + b" " * shift
        with pytest.raises(BadInput, match="cells"):
            check_workbook(io.BytesIO(with_cells(filler + b'<row r="9"><c   r="XFD1048576"><v>1</v></c></row>')))


def test_a_panic_of_the_library_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})

    def fall(stream: object) -> None:
        raise panic("capacity overflow")

    monkeypatch.setattr("python_calamine.load_workbook", fall)
    with pytest.raises(BadInput, match="contradict"):
        take(xlsx(), workbook([HEADING]))


def test_a_directory_that_lies_about_sizes_is_found_out() -> None:
    data = bytearray(packed({"xl/workbook.xml": b"<x/>", "xl/sheet.xml": b" " * 20_000_000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    with pytest.raises(BadInput):
        check_workbook(io.BytesIO(bytes(data)))
