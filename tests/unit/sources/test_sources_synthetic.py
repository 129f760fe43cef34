"""Invented reports: the same from the same seed, marked in every row, and nobody's."""

from __future__ import annotations

import csv
import io
import itertools
import re
import tracemalloc

import pytest

from saksi.formats.reader import read
from saksi.model import BadInput
from saksi.sources import Issue, guess, reader_for
from saksi.sources.synthetic import COLUMNS, COUNTRIES, EXAMPLE_PHONE, reports, written

SEED, MANY = 20_260_101, 3_000


def taken(data: bytes, name: str) -> tuple[list[tuple[str, str, object]], list[str]]:
    found = guess(name, data[:8192])
    assert found is not None
    reader = reader_for(found.spec, found.file, Issue("0" * 64, name, "centre.a.example", "2026-01-01T00:00:00Z"))
    said: list[tuple[str, str, object]] = []
    why: list[str] = []
    for chunk in read(reader, io.BytesIO(data)):
        said += zip(chunk.batch.entity, chunk.batch.prop, chunk.batch.value, strict=True)
        why += [one.reason for one in chunk.rejected]
    return said, why


def test_the_same_seed_gives_the_same_file_and_a_longer_one_begins_with_it() -> None:
    short, long = list(reports(SEED, 200)), list(reports(SEED, 400))
    assert long[:200] == short
    assert list(reports(SEED + 1, 200)) != short
    assert b"".join(written(SEED, 200)) == b"".join(written(SEED, 200))
    with pytest.raises(BadInput):
        list(reports(SEED, -1))


def test_every_row_says_that_it_is_invented() -> None:
    for row in reports(SEED, MANY):
        assert row["synthetic"] == "true"
        assert row["narrative"].startswith("SYNTHETIC")
        assert row["country"] in {country.code for country in COUNTRIES}
        assert set(row) <= set(COLUMNS)


def test_the_record_says_it_too() -> None:
    said, _ = taken(b"".join(written(SEED, 50)), "synthetic.csv")
    records = [value for entity, prop, value in said if prop == "record" and entity.startswith("report:")]
    assert len(records) == 50
    assert all(isinstance(value, dict) and value["synthetic"] is True for value in records)


def test_nobody_owns_what_is_in_it() -> None:
    said, _ = taken(b"".join(written(SEED, MANY)), "synthetic.csv")
    drama = re.compile(r"phone:\+(?:447700900\d{3}|1\d{3}55501\d{2}|6149157\d{4}|336" r"3998\d{4}|467017406(?:0[5-9]|[1-9]\d)|85512345678)")
    for entity in {entity for entity, _, _ in said}:
        kind = entity.partition(":")[0]
        assert kind in {"phone", "account-local", "wallet", "host", "url", "email", "handle", "report", "transfer"}, entity
        if kind == "phone":
            assert drama.fullmatch(entity), entity
        if kind in {"host", "url", "email"}:
            assert re.search(r"\.example\.(?:com|net|org)\b", entity), entity


def test_it_holds_what_real_reports_hold() -> None:
    said, why = taken(b"".join(written(SEED, MANY)), "synthetic.csv")
    roles: dict[str, set[object]] = {}
    seen: dict[str, set[object]] = {}
    for entity, prop, value in said:
        if prop == "role":
            roles.setdefault(entity, set()).add(value)
        if prop == "reportedIn":
            seen.setdefault(entity, set()).add(value)
    assert any(len(reported) > 5 for entity, reported in seen.items() if entity.startswith("account-local:")), "mules over several reports"
    assert any({"recipient", "compromised"} <= role or {"recipient", "victim-own"} <= role for role in roles.values()), "contested values"
    references = [row["reference"] for row in reports(SEED, MANY)]
    assert len(set(references)) < MANY, "rows that repeat another"
    assert why, "slips of the pen"
    assert len(why) < MANY * 0.05
    assert any(any("០" <= sign <= "៩" for sign in row.get("scam_phone", "")) for row in reports(SEED, MANY)), "regional digits"
    assert any(row["victim_phone"].startswith("0") for row in reports(SEED, MANY)), "local forms"


def test_the_example_number_is_there_and_accuses_nobody() -> None:
    assert next(reports(SEED, 1))["spoofed_phone"] == EXAMPLE_PHONE
    said, _ = taken(b"".join(written(SEED, 300)), "synthetic.csv")
    assert {value for entity, prop, value in said if entity == "phone:+85512345678" and prop == "role"} == {"spoofed"}


def test_csv_and_json_lines_say_the_same() -> None:
    as_csv, _ = taken(b"".join(written(SEED, 300, "csv")), "synthetic.csv")
    as_json, _ = taken(b"".join(written(SEED, 300, "jsonl")), "synthetic.jsonl")
    key = repr
    assert sorted(as_csv, key=key) == sorted(as_json, key=key)
    rows = list(csv.DictReader(io.StringIO(b"".join(written(SEED, 300)).decode(), newline="")))
    assert [{name: cell for name, cell in row.items() if cell} for row in rows] == list(reports(SEED, 300))


def test_a_large_file_is_made_in_a_flat_memory() -> None:
    tracemalloc.start()
    made = sum(len(piece) for piece in itertools.islice(written(SEED, 10**9), 8))
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made > 1_000_000
    assert top < 8_000_000
