"""Commitments hide and bind; a disclosure shows what it shows and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.ledger.batch import Kind, Leaf, batch_commitment, batch_path, check_batch_path
from saksi.ledger.commitment import Disclosure, blinds, commit, commit_many, disclose
from saksi.ledger.merkle import root_of
from saksi.model.errors import BadInput

SALT = st.binary(min_size=32, max_size=32)
GROUP = st.binary(min_size=2, max_size=60)
FOUR = st.tuples(GROUP, GROUP, GROUP, GROUP)
GROUPS = st.one_of(FOUR, st.tuples(GROUP, GROUP, GROUP, GROUP, GROUP))


@given(GROUPS, SALT, SALT)
def test_equal_statements_have_different_commitments(groups: tuple[bytes, ...], one: bytes, other: bytes) -> None:
    assert (commit(groups, one) == commit(groups, other)) == (one == other)


@given(st.lists(st.tuples(FOUR, SALT), max_size=5))
def test_many_at_once_are_the_same(rows: list[tuple[tuple[bytes, ...], bytes]]) -> None:
    salts = b"".join(salt for _, salt in rows)
    assert commit_many([groups for groups, _ in rows], salts) == [commit(groups, salt) for groups, salt in rows]


@given(GROUPS, SALT, st.sets(st.integers(0, 3)))
def test_a_disclosure_leads_there_and_holds_nothing_of_what_is_hidden(groups: tuple[bytes, ...], salt: bytes, shown: set[int]) -> None:
    made = disclose(groups, salt, shown=shown)
    assert made.commitment() == commit(groups, salt)
    secrets = blinds(salt, len(groups))
    told = {blind for _, blind in made.shown.values()}
    assert told == {secrets[place] for place in shown}
    assert salt not in b"".join([*made.hidden.values(), *told])


@settings(max_examples=200)
@given(GROUPS, SALT, st.data())
def test_a_changed_disclosure_never_leads_there(groups: tuple[bytes, ...], salt: bytes, data: st.DataObject) -> None:
    shown = data.draw(st.sets(st.integers(0, len(groups) - 1)))
    made = disclose(groups, salt, shown=shown)
    place = data.draw(st.integers(0, len(groups) - 1))
    new_shown, new_hidden = dict(made.shown), dict(made.hidden)

    def flip(part: bytes) -> bytes:
        at = data.draw(st.integers(0, 8 * len(part) - 1))
        changed = bytearray(part)
        changed[at // 8] ^= 1 << at % 8
        return bytes(changed)

    if place in shown:
        group, blind = new_shown[place]
        new_shown[place] = (flip(group), blind) if data.draw(st.booleans()) else (group, flip(blind))
    else:
        new_hidden[place] = flip(new_hidden[place])
    assert Disclosure(made.count, new_shown, new_hidden).commitment() != commit(groups, salt)


def test_four_groups_are_never_taken_for_five() -> None:
    groups, salt = (b"{}",) * 5, bytes(32)
    assert commit(groups, salt) != commit(groups[:4], salt)
    with pytest.raises(BadInput):
        commit(groups[:3], salt)
    with pytest.raises(BadInput):
        Disclosure(4, {0: (b"{}", bytes(16))}, {1: bytes(32), 2: bytes(32)})
    with pytest.raises(BadInput):
        commit(groups, bytes(31))


@given(st.lists(SALT, min_size=1, max_size=70, unique=True), st.data())
def test_a_place_in_a_batch_is_proved_and_no_other(commitments: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(commitments) - 1))
    root, batch, path = root_of(commitments), batch_commitment(commitments), batch_path(commitments, index)
    place = (index, len(commitments))
    check_batch_path(commitments[index], place, path=path, root=root, batch=batch)
    other = data.draw(st.integers(0, len(commitments) - 1))
    if other != index:
        with pytest.raises(BadInput):
            check_batch_path(commitments[other], place, path=path, root=root, batch=batch)
    with pytest.raises(BadInput):
        check_batch_path(commitments[index], (index, len(commitments) + 1), path=path, root=root, batch=batch)


@given(st.sampled_from([kind for kind in Kind if kind is not Kind.PUBLIC]), st.integers(0, 2**63 - 1), SALT)
def test_leaves_are_read_as_written(kind: Kind, time_ms: int, commitment: bytes) -> None:
    leaf = Leaf(kind, time_ms, commitment, b"t" * 16 if kind.has_header else b"")
    assert Leaf.parse(leaf.to_bytes()) == leaf
    assert len(leaf.to_bytes()) == (64 if kind.has_header else 48)


def test_leaves_of_other_kinds_schemes_and_lengths_are_refused() -> None:
    good = Leaf(Kind.PRIVATE, 1, bytes(32)).to_bytes()
    for place, byte in ((0, 0x54), (4, 0x7F), (5, 2), (6, 1)):
        with pytest.raises(BadInput):
            Leaf.parse(good[:place] + bytes([byte]) + good[place + 1 :])
    for wrong in (good[:-1], good + b"x", b""):
        with pytest.raises(BadInput):
            Leaf.parse(wrong)
    with pytest.raises(BadInput):
        replace(Leaf.parse(good), extra=b"x")
