"""Base58, the writing of Bitcoin-like addresses, with or without the double SHA-256 checksum (Base58Check).

Our own and not the package `base58`: reading two letters at a time through a table is about twice as fast, and a bulk
list of wallets is mostly this. Tests hold it to the package's answers.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from saksi.model.errors import BadInput

__all__ = ["BITCOIN", "RIPPLE", "check_decode", "check_encode", "checked", "decode", "encode"]

BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"

_LONGEST = 128


@cache
def _pairs(alphabet: str) -> dict[str, int]:
    """Value of each sign and of each pair of signs: 58 + 3,364 entries."""
    single = {sign: value for value, sign in enumerate(alphabet)}
    return single | {a + b: 58 * x + y for a, x in single.items() for b, y in single.items()}


def decode(text: str, alphabet: str = BITCOIN) -> bytes:
    """The bytes behind a base58 text; `BadInput` names the first sign that does not belong."""
    if len(text) > _LONGEST:
        raise BadInput(f"{len(text)} signs are too many for an address")
    table = _pairs(alphabet)
    start = len(text) % 2
    try:
        value = table[text[0]] if start else 0
        for at in range(start, len(text), 2):
            value = value * 3364 + table[text[at : at + 2]]
    except KeyError:
        bad = next(sign for sign in text if sign not in alphabet)
        raise BadInput(f"the sign {bad!r} is not used in base58 addresses", todo="0, O, I and l never occur: check them") from None
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode(payload: bytes, alphabet: str = BITCOIN) -> str:
    """The base58 text of `payload`."""
    value = int.from_bytes(payload, "big")
    signs = []
    while value:
        value, digit = divmod(value, 58)
        signs.append(alphabet[digit])
    zeros = len(payload) - len(payload.lstrip(b"\0"))
    return alphabet[0] * zeros + "".join(reversed(signs))


def check_decode(text: str, alphabet: str = BITCOIN) -> bytes:
    """Version and hash of a Base58Check text, its four checksum bytes verified and taken off."""
    return checked(decode(text, alphabet))


def checked(raw: bytes) -> bytes:
    """The bytes before a checksum of four bytes, which is verified."""
    payload = raw[:-4]
    if not payload:
        raise BadInput("too short for an address")
    if sha256(sha256(payload).digest()).digest()[:4] != raw[-4:]:
        raise BadInput("the checksum is wrong", todo="a sign is mistyped, missing or was put in small letters: copy it again")
    return payload


def check_encode(payload: bytes, alphabet: str = BITCOIN) -> str:
    """Base58Check text of version and hash."""
    return encode(payload + sha256(sha256(payload).digest()).digest()[:4], alphabet)
