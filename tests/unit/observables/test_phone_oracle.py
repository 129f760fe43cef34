"""Phones beside `phonenumbers`: every generated number gives the same E.164 and validity, alone and in a column."""

from __future__ import annotations

import csv
import os
import random
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import phonenumbers
import pytest

from saksi.model.errors import BadInput
from saksi.observables import phone_table
from saksi.observables.phone import phone
from saksi.observables.phone_bulk import phones
from saksi.observables.phone_read import read
from saksi.observables.phone_table import table

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "resources" / "phones"))

from cases import Case, cases, noise, reference

phonenumbers.enable_pattern_cache()


def widened(text: str, country: str | None) -> str:
    """The two texts that are read and that `phonenumbers` cannot parse, as one that it can; written apart from the code."""
    text = "".join("" if unicodedata.category(c) == "Cf" else " " if unicodedata.category(c) == "Zs" or c == "\t" else c for c in text)
    text = "".join("-" if unicodedata.category(c) in {"Pd"} or c == "\u2212" else c for c in text)
    start = next((i for i, c in enumerate(text) if c.isdecimal()), 0)
    zeros = [i for i, c in enumerate(text) if c.isdecimal()][:2]
    if country is None and "+" not in text and "\uff0b" not in text and [int(text[i]) for i in zeros] == [0, 0]:
        text = f"{text[:start]}+{text[zeros[1] + 1 :]}"
    return text


def differences(numbers: Sequence[Case]) -> tuple[list[object], int]:
    """Each case whose result is not that of `phonenumbers`, and how many were read that it cannot parse."""
    column = phones([text for text, _ in numbers], [country for _, country in numbers])
    found: list[object] = []
    wider = 0
    for (text, country), e164, valid in zip(numbers, column.e164, column.valid, strict=True):
        theirs = reference(text, country)
        if (e164, valid) != theirs:
            again = reference(widened(text, country), country)
            if theirs[0] is None and (e164, valid) == again:
                wider += 1
            else:
                found.append((text, country, e164, valid, theirs, again))
    return found, wider


def test_a_hundred_thousand_generated_numbers() -> None:
    seed = int(os.environ.get("SAKSI_PHONE_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
    found, wider = differences(cases(seed, 100_000))
    assert found == [], f"seed {seed}"
    assert wider < 1500, f"seed {seed}: more than the two stated kinds of text are read beyond phonenumbers"


def test_noise() -> None:
    seed = random.SystemRandom().randrange(1, 2**32)
    found, _ = differences(noise(seed, 30_000))
    assert found == [], f"seed {seed}"


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(10))
def test_a_million_generated_numbers(part: int) -> None:
    seed = random.SystemRandom().randrange(1, 2**32)
    found, _ = differences(cases(seed, 100_000))
    assert found == [], f"seed {seed}, part {part}"


def test_the_generator_reaches_what_it_should() -> None:
    numbers = cases(7, 40_000)
    known = [reference(text, country) for text, country in numbers]
    reached = {country for (_, country), (_, valid) in zip(numbers, known, strict=True) if valid and country}
    assert reached == set(phonenumbers.SUPPORTED_REGIONS)
    assert 0.4 < sum(valid for _, valid in known) / len(known) < 0.7
    assert 0.03 < sum(e164 is None for e164, _ in known) / len(known) < 0.2
    assert sum(not text.isascii() for text, _ in numbers) > 4000


def test_the_table_decides_most_of_it() -> None:
    numbers = [(t, c) for t, c in cases(8, 20_000) if c]
    digits = [(t.lstrip("+"), "+" if t.startswith("+") else c) for t, c in numbers if t.lstrip("+").isdecimal() and t.isascii()]
    decided = sum(table().read(d, place) is not None for d, place in digits)
    assert decided / len(digits) > 0.93


def test_one_by_one_is_the_same_as_a_column() -> None:
    numbers = cases(9, 8_000)
    column = phones([text for text, _ in numbers], [country for _, country in numbers])
    for row, (text, country) in enumerate(numbers):
        alone = read(text, country)
        together = (column.e164[row], column.valid[row], column.reason[row], column.extension.get(row, ""))
        assert (alone.e164, alone.valid, alone.reason, alone.extension) == together, (text, country)
        try:
            assert phone(text, country=country).normal == column.normal[row]
        except BadInput:
            assert column.normal[row] is None, (text, country)


def test_another_version_of_the_metadata_turns_the_table_off(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = cases(10, 2_000)
    texts, countries = [text for text, _ in numbers], [country for _, country in numbers]
    with_table = phones(texts, countries)
    monkeypatch.setattr(phone_table, "installed", lambda: "0.0.0")
    assert not table().usable
    found, _ = differences(numbers)
    assert found == []
    without = phones(texts, countries)
    assert without.e164 == with_table.e164
    assert without.reason == with_table.reason


def test_example_numbers_of_others(shared: Path) -> None:
    text = (shared / "data/observables/phone_examples.tsv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    assert len(rows) > 100
    for row in rows:
        expected = f"+{row['country_code']}{row['national_example']}"
        assert phone(row["national_example"], country=row["region"]).normal == expected
        assert phone(expected).normal == expected


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match="2 phone numbers but 1 countries"):
        phones(["1", "2"], ["KH"])


def test_an_empty_column() -> None:
    assert len(phones([])) == 0


def test_one_country_for_a_column() -> None:
    assert phones(["012345678", "", "០១២៣៤៥៦៧៨"], "KH").normal == ["+85512345678", None, "+85512345678"]
    assert phones(["012345678", "+85512345678"]).normal == [None, "+85512345678"]


def test_a_row_with_a_long_prefix_does_not_reach_into_the_next_one() -> None:
    # Among these stands one whose digits behind the prefix, read to the page's width, ran on into the row behind it.
    found, _ = differences(cases(2727999528, 60_000))
    assert found == []
