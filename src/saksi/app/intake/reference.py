"""The number of a report: 14 digits that show no order, two that find slips of the tongue, and a secret part that opens its status page.

Digits, since every script and every phone has them and they are read aloud alike. Both parts are keyed hashes: the node keeps no list of
them, the same report sent again gets the same number, and nobody outside can make either. The check digits are those of ISO 7064,
MOD 97-10, as in an IBAN: every wrong digit and every pair of swapped ones is found.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from saksi.model.errors import BadInput
from saksi.observables.digits import plain

__all__ = ["References", "read_reference", "read_secret", "spoken"]

_DRAWN = 14
_SECRET = 12


@dataclass(frozen=True, slots=True)
class References:
    """Makes numbers under a secret key of the node (32 bytes)."""

    key: bytes

    def make(self, seed: bytes, attempt: int = 0) -> str:
        """The number (16 digits) for whatever `seed` stands for; other attempts give other numbers."""
        drawn = self._digits(b"number", seed + attempt.to_bytes(4, "big"), _DRAWN)
        return drawn + f"{98 - int(drawn) * 100 % 97:02d}"

    def secret(self, reference: str) -> str:
        """The secret part (12 digits) of a number."""
        return self._digits(b"secret", reference.encode("ascii"), _SECRET)

    def opens(self, reference: str, secret: str) -> bool:
        """Whether the two belong together; takes the same time for each."""
        return hmac.compare_digest(self.secret(reference).encode(), secret.encode())

    def _digits(self, use: bytes, what: bytes, many: int) -> str:
        # 256 bits are so much longer than the number that each digit is as likely as the next.
        wide = int.from_bytes(hmac.digest(self.key, b"saksi/r1 " + use + b"\0" + what, "sha256"), "big")
        return f"{wide % 10**many:0{many}d}"


def read_reference(text: str) -> str:
    """A report's number as somebody types or says it, in any script's digits. Raises BadInput where it has a slip."""
    digits = _bare(text, _DRAWN + 2)
    if int(digits) % 97 != 1:
        raise BadInput("the number has a slip in it: please compare each digit", where="reference")
    return digits


def read_secret(text: str) -> str:
    """The secret part as somebody types it."""
    return _bare(text, _SECRET)


def spoken(digits: str) -> str:
    """The digits in groups of four, for paper and for reading aloud."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _bare(text: str, many: int) -> str:
    bare = re.sub(r"[\s.-]", "", plain(text[:100]))
    if not re.fullmatch(rf"[0-9]{{{many}}}", bare):
        raise BadInput(f"{many} digits are expected", where="reference")
    return bare
