"""Markings: unknown means strictest, a view takes the strictest of its parts, and release never widens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saksi.model import ALL_GROUPS, NOTHING, BadInput, Marking, Pap, Reader, Tlp, release, strictest

TODAY = "2026-06-01"
NAMES = ["bank.b.example", "police.c.example", "circle-1", "circle-2"]
markings = st.builds(
    Marking,
    tlp=st.sampled_from(Tlp),
    pap=st.sampled_from(Pap),
    audience=st.sets(st.sampled_from(NAMES)).map(lambda names: tuple(sorted(names))),
    purpose=st.sampled_from([None, "prevention"]),
    legal_basis=st.sampled_from([None, "Act 1 of A"]),
    retain_until=st.sampled_from([None, "2026-05-31", "2026-06-01", "2027-01-01"]),
)
readers = st.builds(
    Reader,
    authority=st.sampled_from(NAMES[:2]),
    home=st.booleans(),
    clearance=st.sampled_from(Tlp),
    circles=st.sets(st.sampled_from(NAMES[2:])).map(frozenset),
    known=st.booleans(),
)


@pytest.mark.parametrize("text", ["", "ORANGE", "tlp:", "AMBER +STRICT", "RED;CLEAR"])
def test_an_unknown_marking_is_red(text: str) -> None:
    assert Tlp.read(text) is Tlp.RED
    assert Pap.read(text) is Pap.RED


@pytest.mark.parametrize(("text", "level"), [("TLP:WHITE", Tlp.CLEAR), ("tlp:amber+strict", Tlp.AMBER_STRICT), (" green ", Tlp.GREEN)])
def test_known_spellings_are_read(text: str, level: Tlp) -> None:
    assert Tlp.read(text) is level


def test_an_audience_in_disorder_is_refused() -> None:
    with pytest.raises(BadInput):
        Marking(Tlp.AMBER, audience=("b", "a"))


@given(markings, readers)
def test_an_audience_is_released_to_nobody_else(marking: Marking, reader: Reader) -> None:
    if marking.audience and not reader.home and release(marking, reader, on=TODAY):
        assert reader.known
        assert {reader.authority, *reader.circles} & set(marking.audience)


@pytest.mark.parametrize("tlp", Tlp)
def test_an_audience_that_would_hold_nobody_out_is_not_given(tlp: Tlp) -> None:
    assert Marking.given(tlp, Pap.CLEAR) == Marking(tlp, Pap.CLEAR)
    if tlp.rank < Tlp.AMBER.rank:
        with pytest.raises(BadInput, match="leave out the audience, or choose AMBER") as refused:
            Marking.given(tlp, Pap.CLEAR, audience=["bank.b.example"])
        assert refused.value.where == "audience"
    else:
        assert Marking.given(tlp, Pap.CLEAR, audience=["b", "a", "b"]).audience == ("a", "b")


def test_a_view_of_what_has_an_audience_at_clear_is_for_that_audience() -> None:
    open_, named = Marking(Tlp.CLEAR, Pap.CLEAR), Marking(Tlp.CLEAR, Pap.CLEAR, ("bank.b.example",))
    assert strictest([open_, named]) == Marking(Tlp.AMBER, Pap.CLEAR, ("bank.b.example",))


@given(markings)
def test_a_marking_survives_writing_and_reading(marking: Marking) -> None:
    assert Marking.from_json(marking.to_json()) == marking


@given(st.lists(markings, min_size=1, max_size=4), readers)
def test_a_view_never_shows_more_than_its_strictest_part(parts: list[Marking], reader: Reader) -> None:
    if release(strictest(parts), reader, on=TODAY):
        assert all(release(part, reader, on=TODAY) for part in parts)


@given(markings, readers, st.sampled_from(Tlp))
def test_a_stricter_marking_never_shows_more(marking: Marking, reader: Reader, tlp: Tlp) -> None:
    stricter = Marking(tlp, marking.pap, marking.audience, marking.purpose, marking.legal_basis, marking.retain_until)
    if tlp.rank >= marking.tlp.rank:
        assert release(stricter, reader, on=TODAY) <= release(marking, reader, on=TODAY)


@given(markings, readers)
def test_nothing_is_shown_past_its_end(marking: Marking, reader: Reader) -> None:
    if marking.retain_until == "2026-05-31":
        assert release(marking, reader, on=TODAY) == NOTHING


def test_red_is_for_those_named_and_never_through_a_circle() -> None:
    red = Marking(Tlp.RED, Pap.RED, ("bank.b.example", "circle-1"), "prevention", "Act 1 of A")
    named = Reader("bank.b.example", known=True)
    through = Reader("police.c.example", known=True, circles=frozenset({"circle-1"}))
    assert release(red, named, on=TODAY) == ALL_GROUPS
    assert release(red, through, on=TODAY) == NOTHING


def test_nothing_but_clear_leaves_without_a_legal_basis() -> None:
    reader = Reader("bank.b.example", known=True)
    assert release(Marking(Tlp.GREEN, Pap.GREEN, purpose="prevention"), reader, on=TODAY) == NOTHING
    assert release(Marking(Tlp.CLEAR, Pap.CLEAR), Reader("anyone.example"), on=TODAY) == ALL_GROUPS
