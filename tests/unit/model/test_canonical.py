"""Canonical form agrees with an independent writer of RFC 8785, and reads only what it writes."""

from __future__ import annotations

import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from saksi.model import BadInput, Grade, Judgement, Locator, Source, Verdict, canonical, parse_canonical

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40).map(lambda text: unicodedata.normalize("NFC", text))
keys = st.text(alphabet=st.characters(max_codepoint=127), max_size=10)
values = st.recursive(
    st.one_of(texts, st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)
objects = st.dictionaries(keys, values, max_size=6)


@given(objects)
def test_the_bytes_are_those_of_rfc_8785(value: dict[str, object]) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(objects)
def test_reading_gives_back_what_was_written(value: dict[str, object]) -> None:
    assert parse_canonical(canonical(value)) == value  # type: ignore[arg-type]


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_refused_or_are_canonical(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except BadInput:
        return
    assert canonical(value) == data


@pytest.mark.parametrize("value", [{"a": 1.5}, {"a": None}, {"a": 2**53}, {"é": 1}, {1: 2}, {"a": "\ud800"}, {"a": b"x"}, {"a": {1, 2}}])
def test_what_leaves_the_profile_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        canonical(value)  # type: ignore[arg-type]


def test_grades_are_read_strictly() -> None:
    assert Grade.parse("B2") == Grade("B", 2)
    for text in ("", "B", "G1", "B7", "b2", "B22", "B٢"):
        with pytest.raises(BadInput):
            Grade.parse(text)


def test_locators_refuse_impossible_places() -> None:
    for wrong in ({"row": 0}, {"page": 0}, {"start": 1}, {"start": 5, "end": 4}, {"pointer": "a/b"}):
        with pytest.raises(BadInput):
            Locator(**wrong)  # type: ignore[arg-type]


def test_a_judgement_names_two_in_order_with_a_ground() -> None:
    made = Judgement.of("person:b", "person:a", verdict=Verdict.UNSURE, ground="same phone, other name")
    assert (made.left, made.right) == ("person:a", "person:b")
    assert Judgement.from_json(made.to_json()) == made
    with pytest.raises(BadInput):
        Judgement.of("person:a", "person:a", verdict=Verdict.SAME, ground="x")
    with pytest.raises(BadInput):
        Judgement.of("person:a", "person:b", verdict=Verdict.SAME, ground=" ")


def test_a_source_says_something_of_itself() -> None:
    with pytest.raises(BadInput):
        Source()
    with pytest.raises(BadInput):
        Source(digest="ABC")
