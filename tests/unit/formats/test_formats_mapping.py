"""Mapping files: another desk's table read as ours, and a mapping with a fault refused by its place."""

from __future__ import annotations

import pytest
from formats_given import GIVEN, take

from saksi.formats.report import ReportReader
from saksi.formats.report_mapping import ReportMapping, parse_mapping
from saksi.formats.report_values import amount, reference, value_of, when
from saksi.model import BadInput

DESK = "centre.a.example"


def test_a_desk_of_its_own_in_thai() -> None:
    mapping = parse_mapping(
        """
        country = "TH"
        encoding = "windows-874"
        delimiter = ";"
        decimal = "."
        date_order = "day-month-year"
        many = "/"
        ignore = ["หมายเหตุ"]
        [columns]
        "เลขที่" = "reference"
        "วันที่เกิดเหตุ" = "happened_at"
        "เบอร์คนร้าย" = "scam_phone"
        "จำนวนเงิน" = "amount"
        "ประเภท" = "typology"
        "พร้อมเพย์" = "payee_phone"
        [constants]
        currency = "THB"
        [values.typology]
        "ลงทุน" = "cryptocurrency-threat:Pig Butchering Scam"
        """.encode()
    )
    data = (
        "เลขที่;วันที่เกิดเหตุ;เบอร์คนร้าย;จำนวนเงิน;ประเภท;พร้อมเพย์;หมายเหตุ\n๑๒/๒๕๖๙;๓/๔/๒๕๖๙;๐๘๑ ๒๓๔ ๕๖๗๘ / 0812345679;๑,๒๐๐.๕๐;ลงทุน;0812345670;x\n"
    ).encode("cp874")
    taken = take(ReportReader(GIVEN, "csv", DESK, mapping), data)
    assert not taken.rejected
    assert taken.said("role") == [
        ("phone:+66812345678", "infrastructure"), ("phone:+66812345679", "infrastructure"), ("phone:+66812345670", "recipient"),
    ]  # fmt: skip
    records = dict(taken.said("record"))
    transfer = records[f"transfer:{DESK}/๑๒/๒๕๖๙/1"]
    assert (transfer["amount"], transfer["currency"]) == ("1200.50", "THB")
    report = records[f"report:{DESK}/๑๒/๒๕๖๙"]
    assert (report["happened"], report["typology"]) == ("2026-04-03", "cryptocurrency-threat:Pig Butchering Scam")


def test_gb18030_by_declaration() -> None:
    mapping = parse_mapping('country = "CN"\nencoding = "gb18030"\n[columns]\n"编号" = "reference"\n"电话" = "scam_phone"\n'.encode())
    data = "编号,电话\nR1,+86 138 0013 8000\n".encode("gb18030")
    assert take(ReportReader(GIVEN, "csv", DESK, mapping), data).said("role") == [("phone:+8613800138000", "infrastructure")]


def test_a_column_the_file_does_not_have_is_reported() -> None:
    mapping = parse_mapping(b'[columns]\n"Case" = "reference"\n"Phone" = "scam_phone"\n"Wallet" = "scam_wallet"\n')
    taken = take(ReportReader(GIVEN, "csv", DESK, mapping), b"Case,Phone\nR1,+85512345678\n")
    assert taken.why() == [("column Wallet", "the mapping names this column, the file does not have it")]


@pytest.mark.parametrize(
    ("text", "where", "word"),
    [
        ("x = 1", "mapping", "unknown key"),
        ("country = 5", "mapping/country", "text is expected"),
        ('country = "Cambodia"', "mapping/country", "two capital letters"),
        ('encoding = "rot13"', "mapping/encoding", "rot13"),
        ('date_order = "dmy"', "mapping/date_order", "dmy"),
        ('[columns]\n"A" = "nonsense"', "mapping/columns", "nonsense"),
        ('[columns]\n"A" = "amount"\n"B" = "amount"', "mapping/columns", "one field"),
        ('[values]\ntypology = "x"', "mapping/values/typology", "table of texts"),
        ("[constants]\nnarrative = 1", "mapping/constants", "table of texts"),
        ("ignore = [1]", "mapping/ignore", "list"),
        ("a = ", "mapping", "TOML"),
    ],
)
def test_a_mapping_with_a_fault_is_refused(text: str, where: str, word: str) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        parse_mapping(text.encode())
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("text", "decimal", "made"),
    [
        ("1,200.50", ".", "1200.50"), ("1.200,50", ",", "1200.50"), ("1200", ".", "1200"), ("០១២", ".", "12"), ("1 200", ".", "1200"),
        ("0", ".", "0"), ("00.5", ".", "0.5"), ("1'000'000.01", ".", "1000000.01"),
    ],
)  # fmt: skip
def test_amounts(text: str, decimal: str, made: str) -> None:
    assert amount(text, ReportMapping(decimal=decimal)) == made


@pytest.mark.parametrize("text", ["1,20", "1.2.3", "about 5", "USD 5", "-5", "1e5", "", "1,2000", "12DG5", "5.", "٫5", "1,200,50"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(BadInput):
        amount(text, ReportMapping())


@pytest.mark.parametrize(
    ("text", "settings", "made"),
    [
        ("2026-01-05", {}, "2026-01-05"),
        ("2026-02-28", {}, "2026-02-28"),
        ("2024-02-29", {}, "2024-02-29"),
        ("2026-01-31", {}, "2026-01-31"),
        ("03/04/2026", {"date_order": "day-month-year"}, "2026-04-03"),
        ("03/04/2026", {"date_order": "month-day-year"}, "2026-03-04"),
        ("05/01/2569", {"date_order": "day-month-year"}, "2026-01-05"),
        ("2026-01-05T03:00:00+07:00", {}, "2026-01-04T20:00Z"),
        ("2026-01-05T03:00Z", {}, "2026-01-05T03:00Z"),
        ("2026-01-05 03:00", {}, "2026-01-05"),
        ("2026", {}, "2026"),
        ("2026-01", {}, "2026-01"),
    ],
)
def test_dates(text: str, settings: dict[str, str], made: str) -> None:
    assert when(text, ReportMapping(**settings), country=None) == (made, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("2026-02-30", {}),
        ("2026-13-01", {}),
        ("2569-01-05", {"calendar": "gregorian"}),
        ("2026-01-05", {"calendar": "buddhist"}),
        ("soon", {}),
    ],
)
def test_what_is_no_date(text: str, settings: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        when(text, ReportMapping(**settings), country=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "settings", "country", "made"),
    [
        ("03/04/2026", {}, "KH", "2026-04-03"),
        ("03/04/2026", {}, "US", "2026-03-04"),
        ("03/04/2026", {"date_order": "day-month-year"}, "US", "2026-04-03"),
        ("03/04/2026", {"date_order": "month-day-year"}, "KH", "2026-03-04"),
        ("25/12/2026", {}, "US", "2026-12-25"),
        ("04/04/2026", {}, None, "2026-04-04"),
        ("03/04/2569", {"calendar": "buddhist"}, "TH", "2026-04-03"),
        ("03/04/2569", {"calendar": "buddhist"}, "PH", "2026-03-04"),
    ],
)
def test_the_order_of_day_and_month(text: str, settings: dict[str, str], country: str | None, made: str) -> None:
    assert when(text, ReportMapping(**settings), country=country) == (made, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("country", [None, "CA"])
def test_of_a_date_that_can_be_read_two_ways_the_year_is_taken_and_that_is_told(country: str | None) -> None:
    value, note = when("03/04/2026", ReportMapping(), country=country)
    assert value == "2026"
    assert "can be exchanged" in note
    assert when("03/04/2569", ReportMapping(), country=country).value == "2026"
    with pytest.raises(BadInput, match="buddhist"):
        when("03/04/2569", ReportMapping(calendar="gregorian"), country=country)


def test_each_row_has_the_order_of_its_own_country() -> None:
    table = (
        "reference,country,reported_at,scam_phone\n"
        "R1,KH,03/04/2026,+85512345678\nR2,US,03/04/2026,+85512345678\nR3,,03/04/2026,+85512345678\nR4,Kampuchea,03/04/2026,+85512345678\n"
    )
    for settings, third in (({"country": "US"}, "2026-03-04"), ({}, "2026")):
        taken = take(ReportReader(GIVEN, "csv", "centre.a.example", ReportMapping(**settings)), table.encode())  # type: ignore[arg-type]
        dates = [report["reported"] for _, report in taken.said("record")]
        assert dates == ["2026-04-03", "2026-03-04", third, "2026"]
        told = [place for place, why in taken.why() if "its year alone was taken" in why]
        assert told == [f"row {row}, column reported_at" for row in ((4,) if settings else (3, 4))]


def test_references_never_meet() -> None:
    made = [reference(text) for text in ("R 1", "R%201", "R\u00a01", "R\t1", "R1", "r1")]
    assert len(set(made)) == len(made)
    with pytest.raises(BadInput):
        reference("x" * 201)


def test_words_that_stand_for_truth() -> None:
    assert value_of("synthetic", "TRUE", ReportMapping()).value is True
    assert value_of("synthetic", "0", ReportMapping()).value is False
    with pytest.raises(BadInput):
        value_of("synthetic", "maybe", ReportMapping())
