"""Checking proofs: that an entry is in a log, and that a log has only grown since one last looked.

Every function returns nothing when the proof holds and raises Unproved when it does not. Inclusion and consistency are
RFC 9162, sections 2.1.3.2 and 2.1.4.2 (the trees are those of RFC 6962); subtrees are section 4 of the IETF draft
"Merkle Tree Certificates" (draft-ietf-plants-merkle-tree-certs). A subtree is the leaves `[start, end)` where `start` is
a multiple of the smallest power of two that is not less than `end - start`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest

from saksi.ledger.merkle import EMPTY_ROOT, node_hash
from saksi.model.errors import Unproved

__all__ = [
    "check_subtree",
    "verify_consistency",
    "verify_inclusion",
    "verify_subtree_consistency",
    "verify_subtree_inclusion",
]

_HASH = 32


def verify_inclusion(leaf: bytes, index: int, *, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the leaf hash stands at `index` in the tree of `size` leaves with this root."""
    verify_subtree_inclusion(leaf, index, span=(0, size), root=root, proof=proof)


def verify_subtree_inclusion(leaf: bytes, index: int, *, span: tuple[int, int], root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the leaf hash stands at `index` (counted in the whole tree) in the subtree `span` with this root."""
    start, end = check_subtree(span)
    if not start <= index < end:
        raise Unproved(f"index {index} is not within [{start}, {end})")
    _check_hashes(leaf, root, *proof)
    node, last = index - start, end - start - 1
    found = leaf
    for hash_ in proof:
        if last == 0:
            raise Unproved("the proof is too long")
        if node & 1 or node == last:
            found = node_hash(hash_, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        node, last = node >> 1, last >> 1
    if last:
        raise Unproved("the proof is too short")
    if not compare_digest(found, root):
        raise Unproved("the proof does not lead to the root")


def verify_consistency(old: tuple[int, bytes], new: tuple[int, bytes], *, proof: Sequence[bytes]) -> None:
    """Check that the tree `new` (size, root) begins with the tree `old` (size, root).

    A tree of size 0 says nothing and proves nothing: it is refused, also against itself.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == 0:
        raise Unproved("consistency with an empty tree proves nothing")
    if not 0 < old_size <= new_size:
        raise Unproved(f"a tree of {new_size} cannot begin with one of {old_size}")
    verify_subtree_consistency((0, old_size), old_root, size=new_size, root=new_root, proof=proof)


def verify_subtree_consistency(span: tuple[int, int], span_root: bytes, *, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the subtree `span` with root `span_root` is part of the tree of `size` leaves with this root.

    An empty span is part of every tree: its root must be the empty one and its proof empty; `root` is then not looked at.
    """
    start, end = span
    if not 0 <= start <= end <= size:
        raise Unproved(f"[{start}, {end}) is not within a tree of {size}")
    if start == end or (start, end) == (0, size):
        expected = EMPTY_ROOT if start == end else root
        if proof or not compare_digest(span_root, expected):
            raise Unproved("nothing, or the whole tree, has that very root and an empty proof")
        return
    check_subtree(span)
    _check_hashes(span_root, root, *proof)
    # Climb to the largest perfect subtree that ends where the span ends (or that is the whole span, when the span runs
    # to the end of the tree): its root is the first thing that both trees share.
    node, last_in_span, last = start, end - 1, size - 1
    while node != last_in_span and (last_in_span & 1 or last_in_span == last):
        node, last_in_span, last = node >> 1, last_in_span >> 1, last >> 1
    whole = node == last_in_span
    if not whole and not proof:
        raise Unproved("the proof is too short")
    span_found, found = _walk((node, last_in_span, last), span_root if whole else proof[0], proof[0 if whole else 1 :])
    if not compare_digest(span_found, span_root):
        raise Unproved("the proof does not lead to the older root")
    if not compare_digest(found, root):
        raise Unproved("the proof does not lead to the newer root")


def _walk(place: tuple[int, int, int], seed: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Rebuild the span's root and the tree's root from the first shared hash upward."""
    node, last_in_span, last = place
    span_found = found = seed
    for hash_ in proof:
        if last == 0:
            raise Unproved("the proof is too long")
        if last_in_span & 1 or last_in_span == last:
            if node < last_in_span:
                span_found = node_hash(hash_, span_found)
            found = node_hash(hash_, found)
            while not last_in_span & 1 and last_in_span:
                node, last_in_span, last = node >> 1, last_in_span >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        node, last_in_span, last = node >> 1, last_in_span >> 1, last >> 1
    if last:
        raise Unproved("the proof is too short")
    return span_found, found


def check_subtree(span: tuple[int, int]) -> tuple[int, int]:
    """The span, when it is a valid non-empty subtree; else Unproved."""
    start, end = span
    if not 0 <= start < end < 1 << 64:
        raise Unproved(f"[{start}, {end}) is not a span of leaves")
    if start & ((1 << (end - start - 1).bit_length()) - 1):
        raise Unproved(f"[{start}, {end}) is not a subtree: it does not start where one can")
    return start, end


def _check_hashes(*hashes: bytes) -> None:
    for hash_ in hashes:
        if len(hash_) != _HASH:
            raise Unproved(f"a hash has {_HASH} bytes, not {len(hash_)}")
