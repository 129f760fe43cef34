"""Victim reports: what a row says, what is refused in it, and that the rest of it goes in."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from formats_given import GIVEN, take

from saksi.formats.batch import MAX_ROWS
from saksi.formats.bulk import encode, statement_of
from saksi.formats.report import ReportReader
from saksi.formats.report_mapping import parse_mapping
from saksi.model import BadInput, Content, Tlp

DESK = "centre.a.example"
HEADING = "reference,happened_at,country,typology,amount,currency,payee_account,payee_bank,scam_phone,scam_host,victim_phone,narrative\n"
ROW = 'R 1/26,2026-01-05,KH,t:one,"1,200.50",USD,000 123 456,ABA,០១២ ៣៤៥ ៦៧៨,bad[.]example.com,012 345 679,"He called,\ntwice"\n'


def csv_reader(**settings: object) -> ReportReader:
    return ReportReader(GIVEN, "csv", DESK, **settings)  # type: ignore[arg-type]


def test_one_row_becomes_its_statements() -> None:
    taken = take(csv_reader(), (HEADING + ROW).encode())
    report = f"report:{DESK}/R%201/26"
    assert taken.rows == 1
    assert not taken.rejected
    assert sorted(taken.said("role")) == [
        ("account:KH:ABA:000123456", "recipient"),
        ("host:bad.example.com", "infrastructure"),
        ("phone:+85512345678", "infrastructure"),
        ("phone:+85512345679", "victim-own"),
    ]
    assert {value for _, value in taken.said("reportedIn")} == {report}
    assert len(taken.said("reportedIn")) == 4
    assert sorted(entity for entity, _ in taken.said("typology")) == [
        "account:KH:ABA:000123456", "host:bad.example.com", "phone:+85512345678",
    ]  # fmt: skip
    records = dict(taken.said("record"))
    assert records[report] == {
        "reference": "R%201/26", "happened": "2026-01-05", "country": "KH", "typology": "t:one", "amount": "1200.50", "currency": "USD",
        "narrative": "He called,\ntwice",
    }  # fmt: skip
    assert records[f"transfer:{DESK}/R%201/26/1"] == {
        "amount": "1200.50", "currency": "USD", "payee": "account:KH:ABA:000123456", "report": report,
    }  # fmt: skip


def test_the_original_and_the_place_are_kept() -> None:
    taken = take(csv_reader(), (HEADING + ROW).encode())
    one = next(
        one for one in taken.statements if one.content.to_json().get("entity") == "phone:+85512345678" and "role" in str(one.content)
    )
    assert one.content.to_json()["original"] == "០១២ ៣៤៥ ៦៧៨"
    assert one.content.to_json()["valid_from"] == "2026-01-05"
    assert one.source.locator is not None
    assert (one.source.locator.row, one.source.locator.column) == (1, "scam_phone")


_DATES = "reference,reported_at,happened_at,country,scam_phone,victim_phone,payee_account,payee_bank,payee_name,amount,typology\n"


@pytest.mark.parametrize(
    ("reported", "happened", "told", "begins"),
    [
        ("2026-03-02", "", "2026-03-02", None),
        ("2026-03-02T09:30:00Z", "2026-03-02", "2026-03-02", "2026-03-02"),
        ("2026-03-02", "2026-02", "2026-03-02", "2026-02"),
        ("", "2026-02-27", None, "2026-02-27"),
        ("", "", None, None),
    ],
)
def test_when_it_happened_and_when_it_was_reported_are_two_things(
    reported: str, happened: str, told: str | None, begins: str | None
) -> None:
    row = f"R1,{reported},{happened},KH,012 345 678,012 345 679,000123456,ABA,A N Other,12,t:one\n"
    taken = take(csv_reader(), (_DATES + row).encode())
    assert {one.source.reported for one in taken.statements} == {told}
    for one in taken.statements:
        assert isinstance(one.content, Content)
        assert one.content.valid_from == (begins if one.content.prop == "role" else None)
        assert one.content.valid_until is None


def test_a_report_has_the_ids_it_had_when_the_day_of_the_report_stood_for_when_it_happened() -> None:
    """So a file taken in then, and again now, adds nothing."""
    row = "R1,2026-03-02,,KH,012 345 678,012 345 679,000123456,ABA,A N Other,12,t:one\n"
    reader = csv_reader()
    (batch,) = [reader.read_job(job).batch for job in reader.split(io.BytesIO((_DATES + row).encode()))]
    before = replace(batch, valid_from=["2026-03-02" if prop == "role" else None for prop in batch.prop], reported=None)
    assert batch.prop.count("role") == 3
    assert encode(batch).ids == encode(before).ids == [statement_of(batch, at).id() for at in range(len(batch))]


def test_whose_data_it_is() -> None:
    """What is about the victim goes with the victim's report; that an account received a scam's money stays."""
    reader = csv_reader()
    chunk = next(reader.read_job(job) for job in reader.split(io.BytesIO((HEADING + ROW).encode())))
    batch = chunk.batch
    assert batch.subject is not None
    for at in range(len(batch)):
        mine = batch.prop[at] in {"reportedIn", "record"} or batch.value[at] == "victim-own"
        assert batch.subject[at] == ("R%201/26" if mine else None), (batch.prop[at], batch.value[at])


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_said_of_urgency_and_what_nobody_asked(form: str) -> None:
    reader = ReportReader(GIVEN, form, DESK, mapping=parse_mapping('[values.still_paying]\n"បាទ" = "yes"'.encode()))
    rows = [("R1", "yes", "no"), ("R2", "", "បាទ"), ("R3", "perhaps", "")]
    columns = ("reference", "person_in_danger", "still_paying", "scam_phone")
    table = [dict(zip(columns, (*row, "012 345 678"), strict=True)) | {"country": "KH"} for row in rows]
    data = (
        "\n".join(json.dumps(row) for row in table)
        if form == "jsonl"
        else "\n".join(",".join(row) for row in ((*columns, "country"), *(one.values() for one in table))) + "\n"
    )
    taken = take(reader, data.encode())
    assert taken.said("personInDanger") == [(f"report:{DESK}/R1", True)]
    assert taken.said("stillPaying") == [(f"report:{DESK}/R1", False), (f"report:{DESK}/R2", True)]
    assert taken.why() == [("row 3, column person_in_danger", "neither true nor false")]


@pytest.mark.parametrize(("said", "apart"), [("yes", True), ("held in a house", True), ("no", False), ("", False)])
def test_what_is_the_own_of_somebody_in_danger_stays_here_and_their_words_in_the_original(said: str, apart: bool) -> None:
    heading = HEADING.replace("narrative", "narrative,person_in_danger")
    row = ROW.replace('"He called,\ntwice"', f'"House 9, A N Other",{said}')
    reader = csv_reader()
    (chunk,) = [reader.read_job(job) for job in reader.split(io.BytesIO((heading + row + ROW[:-1].replace("R 1", "R 2") + ",\n").encode()))]
    batch = chunk.batch
    assert batch.subject is not None
    for at, subject in enumerate(batch.subject):
        strict = batch.handlings[batch.handling[at]].tlp is Tlp.AMBER_STRICT
        assert strict == (apart and subject == "R%201/26"), (batch.prop[at], subject)
    words = [json.dumps(batch.value[at]) for at in range(len(batch))] + [one.original for one in chunk.rejected]
    assert any("House 9" in one for one in words) is not apart
    assert any("stays in the original" in one.reason for one in chunk.rejected) is apart
    assert sum("He called" in one for one in words) == 1


def test_a_possible_victim_is_never_accused_by_the_row_that_says_so() -> None:
    row = "reference,payee_account,payee_bank,country,payee_role,amount\nR1,000123456,ABA,KH,possible-victim,5\n"
    assert take(csv_reader(), row.encode()).said("role") == [("account:KH:ABA:000123456", "possible-victim")]


def test_a_bad_field_costs_itself_only() -> None:
    row = "R2,2026-02-30,Cambodia,t,about 12,USD,12,ABA,nonsense,domain,012 345 679,x\n"
    taken = take(csv_reader(mapping=parse_mapping(b'country = "KH"')), (HEADING + row).encode())
    assert sorted(place.rpartition("column ")[2] for place, _ in taken.why()) == sorted(
        ["country", "payee_account", "scam_phone", "scam_host", "victim_phone", "happened_at", "amount"]
    )
    assert dict(taken.said("record")) == {f"report:{DESK}/R2": {"narrative": "x", "reference": "R2", "typology": "t"}}


def test_a_country_that_cannot_be_read_is_not_replaced_by_a_guess() -> None:
    row = "R2,,Cambodia,,,,,,012 345 678,,,\n"
    taken = take(csv_reader(mapping=parse_mapping(b'country = "KH"')), (HEADING + row).encode())
    assert not taken.said("role")
    assert {place for place, _ in taken.why()} == {"row 1, column country", "row 1, column scam_phone"}


def test_an_account_of_an_unknown_bank_stays_with_the_desk() -> None:
    row = "R3,,XA,,5,XAD,0012 345678,First Bank of A,,,,\n"
    assert take(csv_reader(), (HEADING + row).encode()).said("role") == [
        (f"account-local:{DESK}/XA/first-bank-of-a/0012345678", "recipient")
    ]


def test_a_role_the_desk_knows_better_is_taken_and_a_word_that_is_none_is_not() -> None:
    data = b"reference,payee_phone,payee_role\nR1,+85512345678,Confirmed-Mule\nR2,+85512345678,crook\n"
    taken = take(csv_reader(), data)
    assert [value for _, value in taken.said("role")] == ["confirmed-mule", "recipient"]
    assert "not a role" in taken.why()[0][1]


def test_several_payments_are_told_apart() -> None:
    data = (
        b"reference,amount,currency,payee_phone,amount_2,currency_2,payee_phone_2,victim_phone,victim_account\n"
        b"R1,10,USD,+85512345678,20,KHR,+85512345679,+85512345670,\n"
    )
    records = dict(take(csv_reader(), data).said("record"))
    assert records[f"transfer:{DESK}/R1/1"]["amount"] == "10"
    assert records[f"transfer:{DESK}/R1/2"]["payee"] == "phone:+85512345679"
    assert "amount" not in records[f"report:{DESK}/R1"], "two payments: no loss is worked out"


def test_columns_nobody_reads_are_reported_once() -> None:
    rows = "".join(f"R{number},+85512345678,Bo,x\n" for number in range(5000))
    taken = take(csv_reader(), ("reference,scam_phone,Officer,\n" + rows).encode())
    assert [(place, reason[:27]) for place, reason in taken.why()] == [
        ("column Officer", "nobody read this column: no"),
        ("column column 4 (no heading)", "nobody read this column: no"),
    ]
    assert taken.rows == 5000


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b,c\n1,2,3\n", "no column of a victim report"),
        (b"reference,narrative\nR1,x\n", "no column holds a phone"),
        (b"scam_phone,narrative\n+85512345678,x\n", "no column holds the reference"),
        (b"reference,scam_phone,scam_phone\nR1,a,b\n", "stands twice"),
        (b"reference,scam_phone,Scam Phone\nR1,a,b\n", "two columns give"),
        (b'"reference,scam_phone\nR1,a\n', "heading"),
        (b"ref\xfference,scam_phone\nR1,a\n", "heading cannot be read"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "heading|encoding|zero|UTF"),
    ],
)
def test_a_file_that_is_no_table_of_reports_is_refused(data: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(csv_reader(), data)


def test_a_row_without_a_reference_gets_one_that_tells_nothing() -> None:
    data = b"reference,scam_phone,victim_phone\n,+85512345678,+85512345679\n,+85512345678,+85512345679\n,+85512345678,+85512345670\n"
    with_key = take(csv_reader(reference_key=b"k" * 32), data)
    reports = [value for _, value in with_key.said("reportedIn")]
    assert len(set(reports)) == 2, "equal rows are one report, others are others"
    assert all(report.startswith(f"report:{DESK}/made-") and len(report) == len(f"report:{DESK}/made-") + 24 for report in reports)
    other = take(csv_reader(reference_key=b"l" * 32), data)
    assert {value for _, value in other.said("reportedIn")}.isdisjoint(reports), "nobody without the key can work it out"
    moved = take(csv_reader(reference_key=b"k" * 32), b"victim_phone,scam_phone,reference\n+85512345670,+85512345678,\n")
    assert {value for _, value in moved.said("reportedIn")} <= set(reports), "the order of rows and columns does not matter"
    without = take(csv_reader(), data)
    assert not without.statements
    assert all("no reference" in reason for _, reason in without.why())


def test_formula_cells_are_data() -> None:
    data = b'reference,scam_phone,narrative\n=1+1,+85512345678,"=HYPERLINK(""http://x"")"\n'
    taken = take(csv_reader(), data)
    assert dict(taken.said("record"))[f"report:{DESK}/=1+1"]["narrative"] == '=HYPERLINK("http://x")'


def test_a_narrative_too_long_is_refused_not_cut() -> None:
    data = b'reference,scam_phone,narrative\nR1,+85512345678,"' + b"x" * 40_000 + b'"\n'
    taken = take(csv_reader(), data)
    assert "narrative" not in dict(taken.said("record"))[f"report:{DESK}/R1"]
    assert taken.why() == [("row 1, column narrative", "the narrative has more than 32000 bytes: it stays in the original only")]


def test_a_full_table_never_fills_a_batch_over() -> None:
    names = [
        f"{base}{'' if n == 1 else f'_{n}'}" for base in ("scam_phone", "payee_phone", "scam_wallet", "scam_host") for n in range(1, 10)
    ]
    row = ",".join(["+85512345678;" * 8] * 18 + ["0x000000000532b45f47779fce440748893b257865;" * 8] * 9 + ["bad.example.com;" * 8] * 9)
    data = ("reference," + ",".join(names) + "\n" + "".join(f"R{number},{row}\n" for number in range(120))).encode()
    reader = csv_reader(mapping=parse_mapping(b'many = ";"'))
    sizes = [len(reader.read_job(job).batch) for job in reader.split(io.BytesIO(data))]
    assert max(sizes) <= MAX_ROWS
    assert sum(sizes) == 120 * (36 * 8 * 2 + 1)


def test_json_lines_say_the_same_as_csv() -> None:
    row = {
        "reference": "R 1/26", "happened_at": "2026-01-05", "country": "KH", "typology": "t:one", "amount": 1200.50, "currency": "USD",
        "payee_account": "000 123 456", "payee_bank": "ABA", "scam_phone": ["០១២ ៣៤៥ ៦៧៨"], "scam_host": "bad[.]example.com",
        "victim_phone": "012 345 679", "narrative": "He called,\ntwice",
    }  # fmt: skip
    as_csv = take(csv_reader(), (HEADING + ROW).encode())
    as_json = take(ReportReader(GIVEN, "jsonl", DESK), json.dumps(row).replace("1200.5,", "1200.50,").encode())
    assert [one.payload() for one in as_json.statements] == [one.payload() for one in as_csv.statements]


@pytest.mark.parametrize(
    ("line", "where", "word"),
    [
        ("{", "row 2", "not JSON"),
        ("[]", "row 2", "one object"),
        ('{"reference":"R2","reference":"R3"}', "row 2", "twice"),
        ('{"reference":"R2","scam_phone":{"n":1}}', "row 2, column scam_phone", "an object stands"),
        ('{"reference":"R2","narrative":["a"]}', "row 2, column narrative", "a list stands"),
        ('{"reference":"R2","scam_phone":' + "[" * 100_000, "row 2", "nested|not JSON"),
        ('{"reference":"R2","narrative":"\\ud800"}', "row 2", "half a character"),
        ('{"reference":"R2","amount":NaN}', "row 2", "not JSON"),
        ('{"reference":"R2","scam_phone":["+85512345678"],"scam_phone_2":"+85512345678"}', "", ""),
    ],
)
def test_a_bad_line_costs_itself_only(line: str, where: str, word: str) -> None:
    good = '{"reference":"R%d","scam_phone":"+85512345678"}'
    data = "\n".join([good % 1, line, good % 3]).encode()
    taken = take(ReportReader(GIVEN, "jsonl", DESK), data)
    assert {f"report:{DESK}/R1", f"report:{DESK}/R3"} <= {value for _, value in taken.said("reportedIn")}
    if where:
        assert taken.why()[0][0] == where
        assert re.search(word, taken.why()[0][1])


@pytest.mark.parametrize(
    ("line", "word"), [("not json", "not JSON"), ("[" * 100_000, "nested"), ("caf\udce9", "not utf-8"), ("[]", "one object")]
)
def test_a_bad_first_line_costs_itself_only(line: str, word: str) -> None:
    data = b"\n".join([line.encode("utf-8", "surrogateescape"), b"", b'{"reference":"R2","scam_phone":"+85512345678"}'])
    taken = take(ReportReader(GIVEN, "jsonl", DESK), data)
    assert [value for _, value in taken.said("reportedIn")] == [f"report:{DESK}/R2"]
    assert [where for where, _ in taken.why()] == ["row 1"]
    assert word in taken.why()[0][1]
    assert taken.rows == 2


@pytest.mark.parametrize("many", [1, 19, 20, 5_000])
def test_a_file_without_an_object_among_its_first_lines_is_refused_whole(many: int) -> None:
    late = b'{"reference":"R2","scam_phone":"+85512345678"}' if many >= 20 else b""
    with pytest.raises(BadInput, match="not JSON lines") as refused:
        take(ReportReader(GIVEN, "jsonl", DESK), b"\n" + b"no object\n" * many + late)
    assert refused.value.where == "line 2"
    assert refused.value.todo


def test_what_is_rejected_in_a_line_stands_as_it_was_written() -> None:
    line = '{ "narrative" : "a, \\"b\\": {" , "reference":"R1","scam_phone":"+85512345678",'
    line += '"scam_host":{"a":1, "b":"\\u1780"},"loss_amount":["KH"]}'
    taken = take(ReportReader(GIVEN, "jsonl", DESK), line.encode())
    found = {one.locator.column: one.original for one in taken.rejected}
    assert found == {"scam_host": '{"a":1, "b":"\\u1780"}', "loss_amount": '["KH"]'}


def test_json_that_is_one_array_is_refused_whole() -> None:
    with pytest.raises(BadInput, match="one object"):
        take(ReportReader(GIVEN, "jsonl", DESK), b'[{"reference":"R1"}]')


def test_the_loss_of_a_single_payment_has_that_payments_currency() -> None:
    data = b"reference,amount_2,currency_2,amount,currency,scam_phone\nR1,20,KHR,,USD,+85512345678\n"
    record = dict(take(csv_reader(), data).said("record"))[f"report:{DESK}/R1"]
    assert (record["amount"], record["currency"]) == ("20", "KHR")


def test_rejects_come_in_row_order() -> None:
    good = "R {0},2026-01-05,KH,t:one,1,USD,000 123 456,ABA,{1},{2},,\n"
    rows = [good.format(1, "012 345 678", "no host"), good.format(2, "x", "a.example.com"), good.format(3, "x", "no host"), "R 4,short\n"]
    found = [one.locator.row for one in take(csv_reader(), (HEADING + "".join(rows)).encode()).rejected]
    assert found == [1, 2, 3, 3, 4]


@pytest.mark.parametrize("again", [HEADING, HEADING.title().replace(",", " ,")])
def test_a_heading_in_the_middle_of_a_file_is_no_report(again: str) -> None:
    made = take(csv_reader(reference_key=bytes(32)), (HEADING + ROW + again + ROW.replace("R 1", "R 2")).encode())
    assert made.why() == [("row 2", "row left out: it is the heading once more")]
    assert made.rows == 3
    assert sorted({value for _, value in made.said("reportedIn")}) == [f"report:{DESK}/R%20{number}/26" for number in (1, 2)]
    assert len(take(csv_reader(), (HEADING + "reference,,,,,,,,,,,narrative\n").encode()).said("record")) == 1, (
        "some words of it are not it"
    )


@pytest.mark.parametrize(("extra", "taken"), [(",", True), (",,", True), (",more", False)])
def test_only_empty_cells_past_the_heading_are_cut_off(extra: str, taken: bool) -> None:
    row = "R 1,2026-01-05,KH,t:one,1,USD,000 123 456,ABA,012 345 678,a.example.com,," + extra + "\n"
    made = take(csv_reader(), (HEADING + row + "R 2,2026-01-05,KH,t:one,1,USD,000 123 457,ABA,,,,\n").encode())
    assert [one.locator.row for one in made.rejected] == ([] if taken else [1])


BLANKS = 'reference,scam_phone,narrative\nR1,+85512345678,\n\n \nR2,012,\nR3,+85512345679,"a\nb"\nR4,012,\nR5\nR6,"\nR7,012,\n'


def test_blank_lines_are_no_rows_and_rejects_tell_the_line_beside_the_row() -> None:
    taken = take(ReportReader(GIVEN, "csv", DESK), BLANKS.encode())
    assert [(one.locator.row, one.beside) for one in taken.rejected] == [
        (2, "line 5 of the file"), (4, "line 8 of the file"), (5, "line 9 of the file"), (6, "line 10 of the file"),
        (7, "line 11 of the file"),
    ]  # fmt: skip
    plain = take(ReportReader(GIVEN, "csv", DESK), b"reference,scam_phone\nR1,+85512345678\nR2,012\n")
    assert [(one.locator.row, one.beside) for one in plain.rejected] == [(2, "")]


def test_blank_lines_of_json_lines_are_no_rows_either() -> None:
    data = b'{"reference":"R1","scam_phone":"+85512345678"}\n\n{"reference":"R2","scam_phone":"012"}\nno object\n'
    taken = take(ReportReader(GIVEN, "jsonl", DESK), data)
    assert [(one.locator.row, one.beside) for one in taken.rejected] == [(2, "line 3 of the file"), (3, "line 4 of the file")]
