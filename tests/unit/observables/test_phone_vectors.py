"""Every vector of phones, dates, e-mail addresses, account names and device numbers: the same result, or the named refusal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from saksi.model.errors import BadInput
from saksi.observables.date import date
from saksi.observables.email import email
from saksi.observables.handle import handle
from saksi.observables.imei import imei
from saksi.observables.kinds import observe_column
from saksi.observables.observable import Observable
from saksi.observables.phone import NOT_IN_PLAN, phone
from saksi.observables.phone_bulk import unlisted

FOLDER = Path(__file__).resolve().parents[3] / "vectors" / "observables"
READ: dict[str, Callable[..., Observable]] = {"phone": phone, "email": email, "handle": handle, "imei": imei}


def cases(*kinds: str) -> list[pytest.param]:  # type: ignore[valid-type]
    return [
        pytest.param(kind, case, id=f"{kind}: {case['name']}")
        for kind in kinds
        for case in json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))["cases"]
    ]


@pytest.mark.parametrize(("kind", "case"), cases(*READ))
def test_vector(kind: str, case: dict[str, object]) -> None:
    country = case.get("country")
    if "refused" in case:
        with pytest.raises(BadInput) as refusal:
            READ[kind](case["text"], country=country)
        assert str(case["refused"]) in refusal.value.what
        return
    found = READ[kind](case["text"], country=country)
    assert found.entity == case["entity"]
    assert list(found.notes) == case["notes"]
    if found.kind == "phone":
        assert unlisted([found.normal]) == [NOT_IN_PLAN in found.notes], "its plan lists a number or not, however it was written"
    again = READ[found.kind](found.normal)
    assert again.entity == found.entity, "a normal form must normalise to itself"
    assert READ[found.kind](found.normal, country=country).entity == found.entity


def test_a_long_column_is_told_apart_as_each_number_is() -> None:
    forms = [f"+66668123{number:04d}" if number % 3 else f"+66812345{number:03d}" for number in range(100)] + ["what ever", "+1"]
    assert unlisted(forms) == [one for form in forms for one in unlisted([form])]
    assert sum(unlisted(forms)) == 66
    assert observe_column("phone", forms).unplanned == {f"phone:{form}" for form, odd in zip(forms, unlisted(forms), strict=True) if odd}


@pytest.mark.parametrize(("kind", "case"), cases("date"))
def test_date_vector(kind: str, case: dict[str, str]) -> None:
    country = case.get("country")
    if "refused" in case:
        with pytest.raises(BadInput) as refusal:
            date(case["text"], country=country)
        assert case["refused"] in refusal.value.what
        return
    found = date(case["text"], country=country)
    assert (found.iso, found.precision, found.calendar) == (case["iso"], case["precision"], case["calendar"])
    assert found.original == case["text"]
    assert date(found.iso, country=country).iso == found.iso


def test_the_files_are_what_the_script_writes() -> None:
    asked = [sys.executable, str(FOLDER.parent / "make_phones.py"), "--check"]
    assert subprocess.run(asked, check=False, capture_output=True, text=True).stdout == ""
