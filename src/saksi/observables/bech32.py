"""Bech32, Bech32m and CashAddr: the newer writings of addresses, whose checksums find up to four wrong signs.

Sources: BIP-173, BIP-350, the CashAddr specification of Bitcoin Cash. Our own, because the package `bech32` knows no Bech32m.
"""

from __future__ import annotations

from saksi.model.errors import BadInput

__all__ = ["BECH32", "BECH32M", "cash_decode", "cash_encode", "decode", "to_bytes"]

BECH32 = 1
BECH32M = 0x2BC830A3

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE = {sign: value for value, sign in enumerate(_ALPHABET)}
_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CASH_STEPS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_WRONG = "a sign is mistyped or missing: copy it again"


def _reductions(steps: tuple[int, ...]) -> tuple[int, ...]:
    """For each value of the top five bits, what the polynomial folds in: one table look-up instead of five tests a sign."""
    table = []
    for top in range(32):
        folded = 0
        for bit, step in enumerate(steps):
            if top >> bit & 1:
                folded ^= step
        table.append(folded)
    return tuple(table)


_FOLD = _reductions(_STEPS)
_CASH_FOLD = _reductions(_CASH_STEPS)


def decode(text: str, longest: int = 90) -> tuple[str, list[int], int]:
    """Prefix, data in five-bit values and checksum constant (`BECH32` or `BECH32M`) of a text in small or in capital letters."""
    text = _one_case(text)
    prefix, separator, rest = text.rpartition("1")
    if not separator or not prefix or len(rest) < 6 or len(text) > longest:
        raise BadInput("too short, too long or without its separator '1'")
    values = _values(rest)
    state = 1
    for value in [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix] + values:
        state = _FOLD[state >> 25] ^ ((state & 0x1FFFFFF) << 5) ^ value
    if state not in (BECH32, BECH32M):
        raise BadInput("the checksum is wrong", todo=_WRONG)
    return prefix, values[:-6], state


def to_bytes(values: list[int]) -> bytes:
    """Five-bit values as bytes; the padding at the end must be short and zero."""
    bits = 0
    for value in values:
        bits = bits << 5 | value
    spare = len(values) * 5 % 8
    if spare > 4 or bits & ((1 << spare) - 1):
        raise BadInput("the last sign holds bits that it must not", todo=_WRONG)
    return (bits >> spare).to_bytes(len(values) * 5 // 8, "big")


def cash_decode(prefix: str, text: str) -> tuple[int, bytes]:
    """Version byte and hash of a CashAddr text without its prefix."""
    values = _values(_one_case(text))
    if len(values) < 10 or _cash_sum(prefix, values):
        raise BadInput("the checksum is wrong", todo=_WRONG)
    raw = to_bytes(values[:-8])
    return raw[0], raw[1:]


def cash_encode(prefix: str, version: int, payload: bytes) -> str:
    """CashAddr text, without its prefix, of a version byte and a hash."""
    raw = bytes([version]) + payload
    spare = -len(raw) * 8 % 5
    bits = int.from_bytes(raw, "big") << spare
    count = (len(raw) * 8 + spare) // 5
    values = [bits >> 5 * at & 31 for at in reversed(range(count))]
    checksum = _cash_sum(prefix, [*values, 0, 0, 0, 0, 0, 0, 0, 0])
    values += [checksum >> 5 * at & 31 for at in reversed(range(8))]
    return "".join(_ALPHABET[value] for value in values)


def _cash_sum(prefix: str, values: list[int]) -> int:
    state = 1
    for value in [ord(sign) & 31 for sign in prefix] + [0] + values:
        state = _CASH_FOLD[state >> 35] ^ ((state & 0x07FFFFFFFF) << 5) ^ value
    return state ^ 1


def _one_case(text: str) -> str:
    if text != text.lower() and text != text.upper():
        raise BadInput("small and capital letters are mixed", todo="copy it again: this kind of address uses one of them")
    return text.lower()


def _values(signs: str) -> list[int]:
    try:
        return [_VALUE[sign] for sign in signs]
    except KeyError as error:
        raise BadInput(f"the sign {error.args[0]!r} is not used in this kind of address", todo=_WRONG) from None
