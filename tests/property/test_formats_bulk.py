"""The bulk encoder writes what the model writes, byte for byte, and refuses what the model refuses."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.formats.batch import StatementBatch
from saksi.formats.bulk import encode, payload, statement_of
from saksi.model.errors import BadInput
from saksi.model.grade import Grade
from saksi.model.locator import Locator
from saksi.model.marking import Marking, Pap, Tlp
from saksi.model.source import Source
from saksi.model.statement import Asserter, Extraction, Op, Statement

# Everything that encoders disagree about: controls, quotes, separators, DEL, astral letters, combining marks that are not NFC.
_HARD = st.text(
    alphabet=st.sampled_from(
        [*'ab:/. "\\\x00\x01\x08\t\n\x0b\x0c\r\x1f\x7f\x80\x85\u2028\u2029\ufeff\uffff😀𝔸៛កខ្ញុំเã', "\u0301", "\u1100", "\u1161"]
    ),
    max_size=12,
)
_TEXT = st.one_of(st.text(max_size=8), _HARD, st.sampled_from(["", "plain", "\ud800", "é", "e\u0301", "한"]))
_ENTITY = st.one_of(
    st.sampled_from(["phone:+85512345678", "host:example.com", "account:KH:ABA:000123456", "x:", "Phone:1", "a b:c", "x:\x7f"]),
    _TEXT.map(lambda text: "handle:" + text),
)
_WHEN = st.sampled_from([None, None, "2026", "2026-01-31", "2026-01-31T09:00:00Z", "31.1.2026", ""])
_INTEGER = st.one_of(st.integers(-(2**53), 2**53), st.sampled_from([2**53 - 1, 2**53, -(2**53), 2**64]))
_RECORD = st.one_of(
    st.fixed_dictionaries({"reference": _TEXT}, optional={"narrative": _TEXT, "synthetic": st.booleans(), "amount": _TEXT}),
    st.fixed_dictionaries({"reference": st.one_of(_TEXT, st.integers())}, optional={"nonsense": _TEXT, "é": _TEXT}),
    st.fixed_dictionaries({"person": _TEXT}, optional={"transit": st.lists(_TEXT, max_size=3)}),
)
_VALUE = st.one_of(_TEXT, st.booleans(), _INTEGER, _RECORD)
_SOURCE = st.builds(
    Source,
    digest=st.sampled_from([None, "ab12" * 16]),
    uri=st.just("file:x"),
    title=st.one_of(st.none(), _TEXT),
    publisher=st.one_of(st.none(), _TEXT),
    published=st.sampled_from([None, "2026-01"]),
    series=st.one_of(st.none(), _TEXT),
    locator=st.sampled_from([None, Locator(page=2, label="ii", start=1, end=4), Locator(sheet="Σ", column="A", row=3)]),
    quote=st.one_of(st.none(), _TEXT),
    reported=st.sampled_from([None, None, "2026-02"]),
)
_ASSERTER = st.builds(
    Asserter,
    authority=st.sampled_from(["a.example", "ក", "e\u0301.example"]),
    asserted_at=st.just("2026-01-31T09:00:00Z"),
    analyst=st.one_of(st.none(), _TEXT),
    grade=st.sampled_from([None, Grade("B", 2)]),
    extraction=st.sampled_from([None, Extraction("reader", "1.0", "0.9")]),
)
_HANDLING = st.builds(
    Marking,
    tlp=st.sampled_from(Tlp),
    pap=st.sampled_from(Pap),
    audience=st.sampled_from([(), ("a.example", "b.example")]),
    purpose=st.one_of(st.none(), _TEXT),
    legal_basis=st.one_of(st.none(), _TEXT),
)


@st.composite
def batches(draw: st.DrawFn) -> StatementBatch:
    rows = draw(st.integers(0, 6))
    sources = draw(st.lists(_SOURCE, min_size=1, max_size=2))
    asserters = draw(st.lists(_ASSERTER, min_size=1, max_size=2))
    handlings = draw(st.lists(_HANDLING, min_size=1, max_size=2))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    def maybe(values: st.SearchStrategy[Any]) -> list[Any] | None:
        return draw(st.one_of(st.none(), st.lists(st.one_of(st.none(), values), min_size=rows, max_size=rows)))

    return StatementBatch(
        sources=sources,
        asserters=asserters,
        handlings=handlings,
        source=column(st.integers(0, len(sources) - 1)),
        asserter=column(st.integers(0, len(asserters) - 1)),
        handling=column(st.integers(0, len(handlings) - 1)),
        entity=column(_ENTITY),
        schema=column(st.sampled_from(["PhoneNumber", "PhoneNumber", "VictimReport", "VictimReport", "Movement", "Nonsense"])),
        prop=column(st.sampled_from(["role", "record", "record", "role", "record", "not a word"])),
        value=column(_VALUE),
        polarity=column(st.sampled_from(["affirm", "affirm", "affirm", "affirm", "deny", "perhaps"])),
        original=maybe(_TEXT),
        lang=maybe(st.sampled_from(["km", "e\u0301"])),
        valid_from=maybe(_WHEN),
        valid_until=maybe(_WHEN),
        quote=maybe(_TEXT),
        reported=maybe(_WHEN),
        row=maybe(st.integers(0, 9)),
        column=maybe(_TEXT),
        pointer=maybe(st.one_of(_TEXT, _TEXT.map(lambda text: "/" + text))),
        op=draw(st.sampled_from([Op.ASSERT, Op.PROPOSE])),
    )


@settings(max_examples=250, deadline=None)
@given(batches())
def test_bulk_writes_and_refuses_what_the_model_does(batch: StatementBatch) -> None:
    made = encode(batch)
    found = dict(zip(made.rows, zip(made.groups, made.ids, strict=True), strict=True))
    refused = {one.row: one for one in made.refused}
    assert sorted([*found, *refused]) == list(range(len(batch)))
    for row in range(len(batch)):
        try:
            statement = statement_of(batch, row)
            groups, whole, id_ = statement.groups(), statement.payload(), statement.id()
        except BadInput as refusal:
            assert row in refused, f"row {row} should be refused: {refusal}"
            assert (refused[row].reason, refused[row].where) == (refusal.what, refusal.where)
        else:
            assert row in found, f"row {row} was refused: {refused.get(row)}"
            assert found[row] == (groups, id_)
            assert payload(found[row][0]) == whole
            assert Statement.parse(whole).id() == id_


def test_too_long_a_statement_is_refused_as_a_whole() -> None:
    """Each group fits, the whole does not: nobody could read it back."""
    batch = StatementBatch(
        sources=[Source(title="x")], asserters=[Asserter("a.example", "2026-01-31T09:00:00Z")], handlings=[Marking()],
        source=[0, 0], asserter=[0, 0], handling=[0, 0], entity=["x:1", "x:2"], schema=["Note", "Note"], prop=["name", "name"],
        value=["v" * 40_000, "v"], polarity=["affirm", "affirm"], quote=["q" * 40_000, "q"],
    )  # fmt: skip
    made = encode(batch)
    assert made.rows == [1]
    assert [one.row for one in made.refused] == [0]
    assert "60000" in made.refused[0].reason


def test_common_words_never_come_from_a_source_about_one_person() -> None:
    def batch(labels: list[str | None]) -> StatementBatch:
        rows = len(labels)
        return StatementBatch(
            sources=[Source(title="Page of a person", uri="https://example.com/somebody")],
            asserters=[Asserter("a.example", "2026-01-31T09:00:00Z")], handlings=[Marking()], source=[0] * rows, asserter=[0] * rows,
            handling=[0] * rows, entity=[f"x:{n}" for n in range(rows)], schema=["Note"] * rows, prop=["name"] * rows,
            value=["v"] * rows, polarity=["affirm"] * rows, subject=labels,
        )  # fmt: skip

    assert b"somebody" not in encode(batch(["one"] * 40)).common
    assert b"somebody" in encode(batch(["one", "two"] * 20)).common
    assert b"a.example" in encode(batch(["one"] * 40)).common
