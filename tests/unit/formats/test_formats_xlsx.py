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
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from saksi.formats.report import ReportReader
from saksi.formats.report_mapping import OWN, parse_mapping
from saksi.formats.workbook import MAX_PARTS, MAX_UNPACKED, check_workbook
from saksi.model import BadInput
from saksi.sources.catalog import guess

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


def test_a_heading_in_the_middle_of_a_sheet_is_no_report() -> None:
    row = ["R1", "", "KH", 1, "USD", "", "", "012 345 678", ""]
    taken = take(xlsx(), workbook([HEADING, row, HEADING, ["R2", *row[1:]]]))
    assert taken.why() == [("row 2", "row left out: it is the heading once more")]
    assert len(taken.said("reportedIn")) == 2


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


def test_a_cell_of_truth_says_who_is_in_danger() -> None:
    heading = ["reference", "scam_phone", "person_in_danger", "still_paying"]
    taken = take(xlsx(), workbook([heading, ["R1", "+85512345678", True, False], ["R2", "+85512345678", None, 1]]))
    assert taken.said("personInDanger") == [(f"report:{DESK}/R1", True)]
    assert taken.said("stillPaying") == [(f"report:{DESK}/R1", False), (f"report:{DESK}/R2", True)]


def test_a_time_of_day_is_no_value() -> None:
    taken = take(xlsx(), workbook([HEADING, ["R1", datetime.time(3, 0), "KH", None, None, None, None, "+85512345678", ""]]))
    assert taken.why()[0][0] == "sheet Sheet, row 1, column happened_at"


def test_dates_of_both_calendars_of_spreadsheets_are_the_same() -> None:
    """Excel counts days from 1900, on the Mac once from 1904."""
    for epoch in (WINDOWS_EPOCH, MAC_EPOCH):
        book = openpyxl.Workbook()
        book.epoch = epoch
        assert book.active is not None
        for row in (HEADING, ["R1", datetime.date(2026, 1, 5), "KH", None, None, None, None, "+85512345678", ""]):
            book.active.append(row)  # type: ignore[union-attr]
        out = io.BytesIO()
        book.save(out)
        record = dict(take(xlsx(), out.getvalue()).said("record"))[f"report:{DESK}/R1"]
        assert record["happened"] == "2026-01-05"


def test_a_serial_number_that_is_not_formatted_as_a_date_is_none() -> None:
    taken = take(xlsx(), workbook([HEADING, ["R1", 46027, "KH", None, None, None, None, "+85512345678", ""]]))
    assert [place for place, _ in taken.why()] == ["row 1, column happened_at"]


def formula(cell: bytes) -> bytes:
    return b'<row r="3"><c r="A3" t="str"><v>R2</v></c><c r="H3" t="str"><v>+85512345678</v></c>' + cell + b"</row>"


def test_of_formulas_the_stored_results_are_taken() -> None:
    cells = b'<c r="I3" t="str"><f>CONCATENATE("a","b")</f><v>ab</v></c>'
    assert dict(take(xlsx(), with_cells(formula(cells))).said("record"))[f"report:{DESK}/R2"]["narrative"] == "ab"
    empty = b'<c r="I3" t="str"><f>IF(1,"")</f><v></v></c>'
    assert "narrative" not in dict(take(xlsx(), with_cells(formula(empty))).said("record"))[f"report:{DESK}/R2"]


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="I3"><f>1+1</f><v/></c>',
        b'<c r="I3"><f>1+1</f><v></v></c>',
        b'<c r="I3" s="1"><f t="shared" si="0"/></c>',
        b'<c r="I3"><f>1</f> </c>',
    ],
)
@pytest.mark.parametrize("before", [0, 200_000, 262_000])
def test_a_formula_without_a_result_is_not_an_empty_cell(cell: bytes, before: int) -> None:
    for shift in range(0, 90, 11):
        filler = b'<row r="2"><c r="A2" t="str"><v>R1</v></c></row>' + b"<row/>" * (before // 6) + b" " * shift
        with pytest.raises(BadInput, match="no result stored") as refusal:
            check_workbook(io.BytesIO(with_cells(filler + formula(cell))))
        assert refusal.value.where.endswith("sheet1.xml, cell I3")


def test_a_formula_that_was_never_worked_out_is_named() -> None:
    with pytest.raises(BadInput, match="no result stored") as refusal:
        take(xlsx(), workbook([HEADING, ["R1", None, "KH", "=1+1", "USD", None, None, "+85512345678", ""]]))
    assert refusal.value.where.endswith("cell D2")


@pytest.mark.parametrize(("cells", "refused"), [("B2:B3", True), ("B3:C3", True), ("A1:A2", True), ("K1:L1", False)])
def test_merged_cells_below_the_heading_are_refused(cells: str, refused: bool) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADING, ["R1", None, "KH", None, None, None, None, "+85512345678", ""], ["R2", *[None] * 6, "+85512345679", ""]):
        sheet.append(row)  # type: ignore[union-attr]
    sheet.merge_cells(cells)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    if not refused:
        assert take(xlsx(), out.getvalue()).rows == 2
        return
    with pytest.raises(BadInput, match="cells are merged from row"):
        take(xlsx(), out.getvalue())


def test_hidden_sheets_are_counted_and_said() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([HEADING, ["R1"]], [["x"]])))
    book["More1"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(BadInput, match=r"Sheet, More1 \(hidden\)"):
        take(xlsx(), out.getvalue())


def test_a_table_named_as_a_workbook_is_told_so() -> None:
    known = guess("export.xlsx", b"reference,scam_phone\nR1,+85512345678\n")
    assert known is not None
    assert known.file.reader == "report"


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
