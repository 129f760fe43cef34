"""What must hold for any log: everything reads as it was written, every proof verifies, no altered one does."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.log import Log
from saksi.ledger.merkle import EMPTY_ROOT, Edge, leaf_hash, path_of, root_of
from saksi.ledger.nodes import Nodes, edge_from_tiles
from saksi.ledger.note import ED25519, Ed25519Signer, Note, Signature, VKey, parse_note, parse_vkey
from saksi.ledger.proof import (
    check_subtree,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from saksi.ledger.tiles import Tile, frame_entries, parse_entries, parse_path
from saksi.ledger.tlogproof import TlogProof, parse_proof
from saksi.model.errors import BadInput

SIGNER = Ed25519Signer("a.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
LEAVES = [leaf_hash(b"%d" % number) for number in range(2100)]
EDGE, _HASHES = Edge().extend(LEAVES)
STORED = {level: b"".join(hashes) for level, hashes in _HASHES.items()}

names = st.text(st.characters(min_codepoint=33, exclude_categories=("Zs", "Zl", "Zp", "Cs", "Cc"), exclude_characters="+"), min_size=1)
lines = st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1)
hashes = st.binary(min_size=32, max_size=32)
sizes = st.integers(0, (1 << 63) - 1)
small = settings(max_examples=150, deadline=None)


def _fetch(tile: Tile) -> bytes:
    return STORED.get(tile.level, b"")[8192 * tile.n : 8192 * tile.n + 32 * tile.width]


NODES = Nodes(_fetch, EDGE)


def _refuses(check: Callable[..., None], *args: object, **kwargs: object) -> bool:
    try:
        check(*args, **kwargs)
    except BadInput:
        return True
    return False


@given(origin=lines, size=sizes, root=hashes, extensions=st.lists(lines))
def test_checkpoints_read_as_written(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    point = Checkpoint(origin, size, root if size else EMPTY_ROOT, tuple(extensions))
    assert parse_checkpoint(point.text()) == point


@given(text=st.lists(lines, min_size=1), signers=st.lists(st.tuples(names, st.binary(min_size=5)), min_size=1, max_size=20))
def test_notes_read_as_written(text: list[str], signers: list[tuple[str, bytes]]) -> None:
    signatures = tuple(Signature(name, blob[:4], blob[4:]) for name, blob in signers)
    note = Note("\n".join(text) + "\n", signatures)
    assert parse_note(note.write()) == note


@given(name=names, public=hashes)
def test_keys_read_as_written(name: str, public: bytes) -> None:
    key = VKey(name, ED25519, public)
    assert parse_vkey(key.write()) == key


@given(level=st.integers(-1, 63), n=st.integers(0, 10**20), width=st.integers(1, 256))
def test_tile_paths_read_as_written(level: int, n: int, width: int) -> None:
    tile = Tile(level, n, width)
    assert parse_path(tile.path()) == tile


@given(entries=st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_read_as_written(entries: list[bytes]) -> None:
    assert parse_entries(frame_entries(entries), len(entries)) == entries


@given(index=sizes, path=st.lists(hashes, max_size=63), extra=st.none() | st.binary())
def test_proof_files_read_as_written(index: int, path: list[bytes], extra: bytes | None) -> None:
    checkpoint = Note("origin\n", (Signature("a", b"1234", b"5"),)).write()
    proof = TlogProof(index, tuple(path), checkpoint, extra)
    assert parse_proof(proof.write()) == proof


@given(data=st.binary(max_size=200))
def test_whatever_is_read_is_what_would_be_written(data: bytes) -> None:
    for parse in (parse_note, parse_proof):
        try:
            read = parse(data)
        except BadInput:
            continue
        assert read.write() == data


@small
@given(st.data())
def test_proofs_verify_and_altered_ones_never_do(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, old_root = NODES.root(size), NODES.root(old)
    path, growth = NODES.inclusion(index, size), NODES.consistency(old, size)
    verify_inclusion(LEAVES[index], index, size=size, root=root, proof=path)
    verify_consistency((old, old_root), (size, root), proof=growth)
    for proof in (path, growth):
        for bad in _altered(data, proof):
            if proof is path:
                assert _refuses(verify_inclusion, LEAVES[index], index, size=size, root=root, proof=bad)
            else:
                assert _refuses(verify_consistency, (old, old_root), (size, root), proof=bad)
    flipped = _flip(data, root)
    assert _refuses(verify_inclusion, LEAVES[index], index, size=size, root=flipped, proof=path)
    assert _refuses(verify_consistency, (old, old_root), (size, flipped), proof=growth)
    assert _refuses(verify_consistency, (old, _flip(data, old_root)), (size, root), proof=growth)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index)) if size > 1 else size
    assert _refuses(verify_inclusion, LEAVES[index], other, size=size, root=root, proof=path)


def _altered(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    extra = data.draw(hashes)
    bad = [[extra, *proof], [*proof, extra]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bad += [proof[:at] + proof[at + 1 :], [*proof[:at], _flip(data, proof[at]), *proof[at + 1 :]]]
        bad += [[*proof[:at], proof[at][:31], *proof[at + 1 :]]]
    if len(proof) > 1:
        bad.append(proof[::-1])
    return bad


def _flip(data: st.DataObject, hash_: bytes) -> bytes:
    at = data.draw(st.integers(0, 255))
    out = bytearray(hash_)
    out[at // 8] ^= 1 << (at % 8)
    return bytes(out)


@small
@given(st.data())
def test_subtrees(data: st.DataObject) -> None:
    """A subtree's own paths verify within it; and a consistency proof from an older size is one of the subtree [0, old)."""
    height = data.draw(st.integers(0, 8))
    start = data.draw(st.integers(0, 7)) << height
    end = start + data.draw(st.integers(1, 1 << height))
    assert check_subtree((start, end)) == (start, end)
    index = data.draw(st.integers(start, end - 1))
    leaves = LEAVES[start:end]
    path, root = path_of(index - start, leaves), root_of(leaves)
    verify_subtree_inclusion(LEAVES[index], index, span=(start, end), root=root, proof=path)
    assert _refuses(verify_subtree_inclusion, LEAVES[end], index, span=(start, end), root=root, proof=path)
    size = data.draw(st.integers(end, len(LEAVES)))
    if start == 0:
        proof = NODES.consistency(end, size)
        verify_subtree_consistency((0, end), root, size=size, root=NODES.root(size), proof=proof)
    proof = _subtree_proof(start, end, size)
    verify_subtree_consistency((start, end), root, size=size, root=NODES.root(size), proof=proof)
    if proof:
        bad = [*proof[:-1], _flip(data, proof[-1])]
        assert _refuses(verify_subtree_consistency, (start, end), root, size=size, root=NODES.root(size), proof=bad)


def _subtree_proof(start: int, end: int, size: int) -> list[bytes]:
    """SUBTREE_PROOF of draft-ietf-plants-merkle-tree-certs, written as its definition is, to check the verifier."""

    def sub(start: int, end: int, span: tuple[int, int], *, known: bool) -> list[bytes]:
        low, high = span
        if (start, end) == span:
            return [] if known else [root_of(LEAVES[low:high])]
        half = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= half:
            return [*sub(start, end, (low, half), known=known), root_of(LEAVES[half:high])]
        if start >= half:
            return [*sub(start, end, (half, high), known=known), root_of(LEAVES[low:half])]
        return [*sub(half, end, (half, high), known=False), root_of(LEAVES[low:half])]

    return sub(start, end, (0, size), known=True)


@small
@given(cut=st.integers(0, 2100))
def test_growing_in_steps_is_growing_at_once(cut: int) -> None:
    first, rows = Edge().extend(LEAVES[:cut])
    second, more = first.extend(LEAVES[cut:])
    assert second == EDGE
    assert {level: rows.get(level, []) + more.get(level, []) for level in {*rows, *more}} == _HASHES
    stored = {level: b"".join(row) for level, row in rows.items()}
    rebuilt = edge_from_tiles(cut, lambda t: stored[t.level][8192 * t.n : 8192 * t.n + 32 * t.width])
    assert rebuilt == first


@settings(max_examples=15, deadline=None)
@given(groups=st.lists(st.lists(st.binary(max_size=80), min_size=1, max_size=300), max_size=6))
def test_a_log_gives_back_what_it_took(groups: list[list[bytes]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "log"
        with Log.create(folder, origin=SIGNER.name, signer=SIGNER) as log:
            for group in groups:
                log.append(group)
        with Log.open(folder, origin=SIGNER.name, signer=SIGNER) as log:
            assert list(log.entries()) == [entry for group in groups for entry in group]
