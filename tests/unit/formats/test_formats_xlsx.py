"""Spreadsheets: stored values, typed cells, and files made to do harm."""

from __future__ import annotations

import datetime
import io
import random
import re
import string
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest
from formats_given import GIVEN, take
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from saksi.formats.lines import MAX_LINE
from saksi.formats.report import ReportReader
from saksi.formats.report_mapping import OWN, parse_mapping
from saksi.formats.workbook import open_workbook
from saksi.formats.xlsx_parts import MAX_PARTS
from saksi.formats.xlsx_sheet import MAX_CELL, MOST_TEXT
from saksi.formats.xlsx_styles import day_of
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
        filler = b" " * (before + shift)
        with pytest.raises(BadInput, match="no result stored") as refusal:
            take(xlsx(), with_cells(filler + formula(cell)))
        assert refusal.value.where == "sheet Sheet, cell I3"


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
        (packed({"xl/workbook.xml": b"<x>" + b" " * 20_000_000}), "swells more than 200 times"),
        (packed({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), "defines entities"),
        (packed({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16-le")}), "defines entities"),
        (packed({"xl/workbook.xml": b"<x/>"} | {f"p{number}": b"" for number in range(MAX_PARTS)}), "parts"),
        (packed({"xl/workbook.xml": b"<x/>"}), "a part that it names is not in it"),
    ],
)
def test_files_made_to_do_harm_are_refused(data: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(xlsx(), data)


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (b"<a>" * 1_000 + b"</a>" * 1_000, "nested deeper"),
        (b"<!--" + random.Random(1).randbytes(700_000).hex().encode() + b"-->", "as spreadsheets write it"),
        (b'<a b="' + random.Random(2).randbytes(700_000).hex().encode() + b'"/>', "as spreadsheets write it"),
        (b"".join(b"<a%d/>" % number for number in range(9_000)), "as spreadsheets write it"),
        (b"<x>", "cannot be read: mismatched tag"),
    ],
)
def test_xml_that_a_parser_would_have_to_hold_is_refused(part: bytes, word: str) -> None:
    data = changed(workbook([HEADING, ["R1"]]), "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetData>" + part)
    with pytest.raises(BadInput, match=word) as refusal:
        take(xlsx(), data)
    assert "sheet1.xml" in refusal.value.where


def test_a_workbook_that_swells_slowly_is_refused() -> None:
    """Each of its sheets swells less than is looked at, all together more than is read."""
    block = random.Random(1).randbytes(10_000).hex().encode()
    sheet = b"<worksheet><sheetData/><x>" + b"".join(b"<y>%b</y>" % block for _ in range(450)) + b"</x></worksheet>"
    data = workbook(*[[] for _ in range(6)])
    for number in range(1, 7):
        data = changed(data, f"xl/worksheets/sheet{number}.xml", None, sheet)
    with pytest.raises(BadInput, match="swells beyond"):
        take(xlsx(), data)


def shared(cells: int, text: str, *, table: bytes = b"<sst>") -> bytes:
    """A workbook of as many rows that name one shared text."""
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(3, cells + 3))
    kind = b'<Relationship Id="texts" Type="http://x.example/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    data = changed(with_cells(rows), "xl/_rels/workbook.xml.rels", b"</Relationships>", kind)
    return changed(data, "xl/sharedStrings.xml", None, table + b"<si><t>" + text.encode() + b"</t></si></sst>")


def test_one_text_that_many_cells_name_is_counted_for_each() -> None:
    with pytest.raises(BadInput, match=f"more than {MOST_TEXT} bytes of text") as refusal:
        take(xlsx(), shared(MOST_TEXT // MAX_CELL + 2, "x" * MAX_CELL))
    assert refusal.value.where.startswith("sheet Sheet, cell A")


def test_no_cell_is_longer_than_a_spreadsheets_own() -> None:
    word = f"more than {MAX_CELL} characters"
    *_, (number, cells) = open_workbook(io.BytesIO(long_cell("ខ" * MAX_CELL))).sheet("Sheet").rows()
    assert (number, cells[8]) == (3, "ខ" * MAX_CELL)
    with pytest.raises(BadInput, match=word) as refusal:
        take(xlsx(), long_cell("ខ" * (MAX_CELL + 1)))
    assert refusal.value.where == "sheet Sheet, cell I3"
    with pytest.raises(BadInput, match=word) as refusal:
        take(xlsx(), shared(1, "x" * (MAX_CELL + 1)))
    assert refusal.value.where == "text 1 of xl/sharedStrings.xml"


def long_cell(text: str) -> bytes:
    half = text[: len(text) // 2]
    rich = f'<c r="I3" t="inlineStr"><is><r><t>{half}</t></r><r><t>{text[len(half) :]}</t></r></is></c>'
    return with_cells(formula(rich.encode()))


def test_a_row_is_no_longer_than_a_line_of_a_table() -> None:
    words = random.Random(3).randbytes(MAX_CELL // 2).hex()
    letters = [*string.ascii_uppercase, *(f"A{letter}" for letter in string.ascii_uppercase)]
    cells = "".join(f'<c r="{at}3" t="str"><v>{words}</v></c>' for at in letters[: MAX_LINE // len(words) + 1])
    with pytest.raises(BadInput, match=f"a row of more than {MAX_LINE} bytes"):
        take(xlsx(), with_cells(f'<row r="3">{cells}</row>'.encode()))


def test_what_a_table_says_of_its_own_size_reserves_nothing() -> None:
    """A count of a hundred thousand million texts was once memory asked for, and the end of the process."""
    told = take(xlsx(), shared(1, "R7", table=b'<sst count="99999999999" uniqueCount="99999999999">'))
    assert told.said("record")[-1][0] == f"report:{DESK}/R7"


def test_a_sheet_is_found_wherever_its_part_lies() -> None:
    data = workbook([HEADING, ["R1", None, "KH", None, None, None, None, "+85512345678", ""]])
    moved = renamed(data, "xl/worksheets/sheet1.xml", "xl/other/a.bin")
    assert take(xlsx(), moved).rows == 1
    far = changed(moved, "xl/other/a.bin", b"</sheetData>", b'<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>')
    with pytest.raises(BadInput, match="16384 columns"):
        take(xlsx(), far)


def test_reading_aids_and_escapes_are_no_words() -> None:
    text = "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><r><t xml:space='preserve'> a_x000D_b</t></r>"
    taken = take(xlsx(), with_cells(formula(f'<c r="I3" t="inlineStr"><is>{text}</is></c>'.encode())))
    assert dict(taken.said("record"))[f"report:{DESK}/R2"]["narrative"] == "東京 a\rb"


def test_elements_may_bear_a_prefix() -> None:
    row = ["R1", datetime.date(2026, 1, 5), "KH", 1200.5, "USD", None, None, "+85512345678", "x"]
    data = workbook([HEADING, row])
    prefixed = data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
        sheet = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", sheet).replace(b"xmlns=", b"xmlns:x=")
        prefixed = changed(data, "xl/worksheets/sheet1.xml", None, sheet)
    assert [one.payload() for one in take(xlsx(), prefixed).statements] == [one.payload() for one in take(xlsx(), data).statements]


def test_an_error_in_a_cell_is_said() -> None:
    taken = take(xlsx(), with_cells(formula(b'<c r="I3" t="e"><v>#N/A</v></c>')))
    assert ("sheet Sheet, row 2, column narrative", "the cell holds the error of a formula, not a value") in taken.why()


def test_columns_without_a_heading_are_said_to_be_unread() -> None:
    taken = take(xlsx(), workbook([["", "reference", "scam_phone"], ["x", "R1", "+85512345678", "more"]]))
    assert [reason.partition(":")[0] for _, reason in taken.why()] == [
        "nobody read this column",
        "a cell left of the heading, which nobody read",
    ]


@pytest.mark.parametrize("number", [1, 1.5, 59, 61, 61.25, 43_831, 45_000.999_999_999_9, 2_958_465])
@pytest.mark.parametrize("epoch", [WINDOWS_EPOCH, MAC_EPOCH])
def test_days_are_counted_as_other_readers_count_them(number: float, epoch: datetime.datetime) -> None:
    theirs = from_excel(number, epoch) if epoch is WINDOWS_EPOCH or number < 2_957_004 else None
    assert day_of(number, since_1904=epoch is MAC_EPOCH) == (theirs.date() if isinstance(theirs, datetime.datetime) else None)


def test_the_day_that_never_was_and_times_are_no_days() -> None:
    assert [day_of(number, since_1904=False) for number in (60, 0.5, -1, 2_958_466, 1e300)] == [None] * 5


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("yyyy\\-mm\\-dd", True), ("[$-411]ge.m.d", True), ('"d"0', False), ("0.00E+00", False), ("[Red]0;[Blue]d", False),
        ("General", False), ("d/m/bbbb", True), ("_(* #,##0_);_(* d", False),
    ],
)  # fmt: skip
def test_what_a_number_is_shown_as(code: str, day: bool) -> None:
    assert is_date_format(code.partition(";")[0]) is day
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEADING, ["R1", 46_027, "KH", None, None, None, None, "+85512345678", ""]):
        book.active.append(row)
    book.active["B2"].number_format = code
    out = io.BytesIO()
    book.save(out)
    record = dict(take(xlsx(), out.getvalue()).said("record"))[f"report:{DESK}/R1"]
    assert record.get("happened") == ("2026-01-05" if day else None)


def test_a_book_cut_off_is_refused() -> None:
    data = workbook([HEADING, ["R1"]])
    for cut in (30, len(data) // 2, len(data) - 10):
        with pytest.raises(BadInput):
            take(xlsx(), data[:cut])


def changed(data: bytes, name: str, old: bytes | None, new: bytes) -> bytes:
    """A workbook with something in one of its parts put in another's place, or with the part made anew."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for each in source.namelist():
            if each != name:
                made.writestr(each, source.read(each))
        made.writestr(name, new if old is None else source.read(name).replace(old, new))
    return out.getvalue()


def renamed(data: bytes, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for each in source.namelist():
            part = source.read(each).replace(b"/" + old.encode(), b"/" + new.encode())
            made.writestr(new if each == old else each, part)
    return out.getvalue()


def with_cells(cells: bytes) -> bytes:
    """A good workbook with more cells put into its sheet by hand."""
    return changed(workbook([HEADING, ["R1"]]), "xl/worksheets/sheet1.xml", b"</sheetData>", cells + b"</sheetData>")


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "16384 columns, at most 2000"),
        (b"<row r=\"9\"><c r='XFD9'><v>1</v></c></row>", "16384 columns"),
        (b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="1048577"><c r="A1048577"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="ZZZZZZ9"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="XFE9"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9" t="s"><v>99999</v></c></row>', "names a text that is not in it"),
        (b'<row r="9"><c r="A9" t="s"><v>-1</v></c></row>', "names a text that is not in it"),
        (b'<row r="9"><c r="A9"><v>1</v>', "cannot be read"),
        (b'<row r="9"><c r="A9"><v>4_2</v></c></row>', "a number that is none"),
        (b"<row><c><v>1</v></c></row>", "as spreadsheets write it"),
        (b'<row r="9"><c t="n" s="1"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A8"><v>1</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9"><v>1</v></c><c r="A9"><v>2</v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9"><v>1</v></c></row><row r="8"/>', "as spreadsheets write it"),
        (b'<row r="9"><row r="10"/></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9"><c r="B9"/></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9"><v>1<v>2</v></v></c></row>', "as spreadsheets write it"),
        (b'<row r="9"><c r="A9" t="z"><v>1</v></c></row>', "as spreadsheets write it"),
    ],
)
def test_cells_that_no_spreadsheet_writes_are_refused(cells: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word) as refusal:
        take(xlsx(), with_cells(cells))
    assert "heet" in refusal.value.where


def test_a_far_row_costs_what_a_near_one_costs() -> None:
    far = b'<row r="1048576"><c r="A1048576" t="str"><v>R2</v></c><c r="H1048576" t="str"><v>+85512345678</v></c></row>'
    assert take(xlsx(), with_cells(far)).said("role") == [("phone:+85512345678", "infrastructure")]


def test_a_directory_that_lies_about_sizes_is_found_out() -> None:
    data = bytearray(packed({"xl/workbook.xml": b"<x>" + b" " * 20_000_000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    with pytest.raises(BadInput, match=r"swells|damaged"):
        open_workbook(io.BytesIO(bytes(data)))


def test_blank_rows_are_no_rows_and_rejects_tell_the_row_of_the_sheet_beside() -> None:
    data = workbook([["reference", "scam_phone"], ["R1", "+85512345678"], [None, None], [None, None], ["R2", "012"]])
    taken = take(ReportReader(GIVEN, "xlsx", "centre.a.example"), data)
    assert [(one.locator.row, one.beside) for one in taken.rejected] == [(2, "row 5 of the sheet")]
