"""Keccak-256 as Ethereum and Monero use it: the padding of before SHA-3 was standardised, so `hashlib.sha3_256` differs."""

from __future__ import annotations

__all__ = ["keccak256"]


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256."""
    from Crypto.Hash import keccak  # 70 ms to load: only where a checksum asks for it

    return keccak.new(digest_bits=256, data=data).digest()
