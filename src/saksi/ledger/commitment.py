"""What a leaf says in public about a private statement: nothing, until its author opens it, whole or a group at a time.

A statement's groups are canonical bytes; a salt is 32 random bytes that belong to one statement alone.

    s_0 .. s_3 = the four 16-byte quarters of SHA512("saksi/c1 salt\\0" || salt)
    s_4        = the first 16 bytes of SHA512("saksi/c1 salt header\\0" || salt)      (requests, receipts and outcomes only)
    h_i        = SHA256(0x00 || s_i || group_i)
    R          = RFC 6962 tree over the h_i, which are its leaf hashes
    C          = SHA256("saksi/c1\\0" || number of groups u8 || R)

Whoever does not know the salt learns nothing from C, not even by trying every phone number. Whoever is shown (group_i, s_i) and the
other h_j can check that group and still learns nothing about the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import TypeAlias

from saksi.ledger.merkle import root_of
from saksi.model.errors import BadInput

__all__ = ["GROUP_NAMES", "SALT_BYTES", "Disclosure", "Groups", "blinds", "commit", "commit_many", "disclose"]

SALT_BYTES = 32
GROUP_NAMES = ("content", "source", "asserter", "handling", "header")

Groups: TypeAlias = tuple[bytes, ...]
"""The canonical bytes of a statement's groups, in the order of `GROUP_NAMES`: four, or five with a header."""

_BLIND = 16
_HASH = 32
_SALT_TAG = b"saksi/c1 salt\0"
_HEADER_TAG = b"saksi/c1 salt header\0"
_TAG = b"saksi/c1\0"
_FOUR = _TAG + b"\x04"


def blinds(salt: bytes, count: int = 4) -> tuple[bytes, ...]:
    """The secrets s_i of a statement's groups, 16 bytes each."""
    _check_count(count)
    if len(salt) != SALT_BYTES:
        raise BadInput(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    wide = sha512(_SALT_TAG + salt).digest()
    made = (wide[:16], wide[16:32], wide[32:48], wide[48:])
    return made if count == 4 else (*made, sha512(_HEADER_TAG + salt).digest()[:_BLIND])


def commit(groups: Groups, salt: bytes) -> bytes:
    """The commitment C of one statement, 32 bytes."""
    hashes = [sha256(b"\0" + blind + group).digest() for blind, group in zip(blinds(salt, len(groups)), groups, strict=True)]
    return _close(hashes)


def commit_many(statements: Iterable[Groups], salts: bytes) -> list[bytes]:
    """The commitments of many statements of four groups; `salts` holds 32 bytes for each, end to end.

    The same as `commit` for each, with the tree written out: this runs for every statement of a bulk take.
    """
    made = []
    place = 0
    for content, source, asserter, handling in statements:
        wide = sha512(_SALT_TAG + salts[place : place + SALT_BYTES]).digest()
        place += SALT_BYTES
        left = sha256(b"\x01" + sha256(b"\0" + wide[:16] + content).digest() + sha256(b"\0" + wide[16:32] + source).digest()).digest()
        right = sha256(b"\x01" + sha256(b"\0" + wide[32:48] + asserter).digest() + sha256(b"\0" + wide[48:] + handling).digest()).digest()
        made.append(sha256(_FOUR + sha256(b"\x01" + left + right).digest()).digest())
    if place != len(salts):
        raise BadInput(f"{len(made)} statements need {place} bytes of salt, not {len(salts)}")
    return made


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A statement shown in part: for each group either (its bytes, its secret s_i) or its hash h_i.

    `shown` and `hidden` are keyed by the group's place in `GROUP_NAMES` and together cover all `count` of them.
    """

    count: int
    shown: Mapping[int, tuple[bytes, bytes]]
    hidden: Mapping[int, bytes]

    def __post_init__(self) -> None:
        _check_count(self.count)
        if sorted([*self.shown, *self.hidden]) != list(range(self.count)):
            raise BadInput("each group is either shown or hidden")
        if any(len(blind) != _BLIND for _, blind in self.shown.values()):
            raise BadInput(f"the secret of a shown group has {_BLIND} bytes")
        if any(len(digest) != _HASH for digest in self.hidden.values()):
            raise BadInput(f"the hash of a hidden group has {_HASH} bytes")

    def commitment(self) -> bytes:
        """The commitment that this disclosure leads to; the caller compares it with the one in the log."""
        hashes = []
        for place in range(self.count):
            if place in self.shown:
                group, blind = self.shown[place]
                hashes.append(sha256(b"\0" + blind + group).digest())
            else:
                hashes.append(self.hidden[place])
        return _close(hashes)


def disclose(groups: Groups, salt: bytes, *, shown: Collection[int]) -> Disclosure:
    """Open the groups at the places `shown` and keep the others closed."""
    secrets = blinds(salt, len(groups))
    if not all(0 <= place < len(groups) for place in shown):
        raise BadInput(f"a statement of {len(groups)} groups has no group {max(shown)}")
    return Disclosure(
        count=len(groups),
        shown={place: (groups[place], secrets[place]) for place in sorted(set(shown))},
        hidden={place: sha256(b"\0" + secrets[place] + group).digest() for place, group in enumerate(groups) if place not in shown},
    )


def _check_count(count: int) -> None:
    if count not in {4, 5}:
        raise BadInput(f"a statement has four groups, or five with a header, not {count}")


def _close(hashes: Sequence[bytes]) -> bytes:
    return sha256(_TAG + bytes([len(hashes)]) + root_of(hashes)).digest()
