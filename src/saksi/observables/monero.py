"""Monero addresses: base58 in blocks of eight bytes, Keccak checksum, three kinds (standard, integrated, subaddress).

Source: Monero's `src/common/base58.cpp` and `src/cryptonote_config.h`.
"""

from __future__ import annotations

from saksi.model.errors import BadInput
from saksi.observables import base58
from saksi.observables.keccak import keccak256

__all__ = ["monero_address"]

_BLOCK = 11
_BYTES_OF_SIGNS = {7: 5, 11: 8}  # 95 = 8 * 11 + 7 signs, 106 = 9 * 11 + 7
_KINDS = {18: (69, "standard"), 19: (77, "integrated"), 42: (69, "subaddress")}
_TEST = frozenset({53, 54, 63, 24, 25, 36})


def monero_address(text: str) -> str:
    """The kind of the address, its checksum verified. An integrated address keeps its payment id: it names one customer of a
    service, and the standard address inside it names the whole service."""
    if len(text) not in (95, 106):
        raise BadInput(f"a Monero address has 95 signs, or 106 with a payment id; this has {len(text)}", todo="copy it whole")
    raw = b"".join(_block(text[at : at + _BLOCK]) for at in range(0, len(text), _BLOCK))
    if keccak256(raw[:-4])[:4] != raw[-4:]:
        raise BadInput("the checksum of this Monero address is wrong", todo="a sign is mistyped: copy it again")
    if raw[0] in _TEST:
        raise BadInput("this is an address of a Monero test network, where coins have no value")
    length, kind = _KINDS.get(raw[0], (0, ""))
    if len(raw) != length:
        raise BadInput(f"not an address of the Monero network (kind {raw[0]}, {len(raw)} bytes)")
    return kind


def _block(signs: str) -> bytes:
    size = _BYTES_OF_SIGNS[len(signs)]
    value = int.from_bytes(base58.decode(signs), "big")
    if value >= 1 << 8 * size:
        raise BadInput("a group of signs in this Monero address is too large", todo="a sign is mistyped: copy it again")
    return value.to_bytes(size, "big")
