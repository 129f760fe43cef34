"""Passwords: long ones, none that everybody thinks of, kept as Argon2id. No rules of composition, no forced change (NIST SP 800-63B)."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from saksi.app.people.person import name_key
from saksi.model import BadInput

__all__ = ["LONGEST", "SHORTEST", "Passwords", "check_password"]

SHORTEST, LONGEST = 12, 200
_LEFT = 6  # characters that must be left of a password without what everybody thinks of
_ROWS = (
    "0123456789" * 2,
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_WRITTEN = str.maketrans("@43150$!", "aaeisosi")


def check_password(text: str, *, name: str) -> str:
    """A password as it is hashed (NFC). Raises BadInput where it is too short, too long, or nothing but common words, runs and the name."""
    text = unicodedata.normalize("NFC", text)
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadInput(
            f"a password has {SHORTEST} to {LONGEST} characters", where="password", todo="take some words that nobody else would"
        )
    flat = name_key(text)
    called = [word for word in name_key(name).split() if len(word) > 2]
    if min(_left(flat, called), _left(flat.translate(_WRITTEN), called)) < _LEFT:
        raise BadInput("this password is one of the first that anybody would try", where="password", todo="take another one")
    return text


class Passwords:
    """Makes and checks hashes. Whoever has no password is checked against one that nobody has, in the same time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()  # RFC 9106, second choice: 64 MiB, 3 passes, 4 lanes
        own = self._hasher
        salt, digest = (base64.b64encode(bytes(size)).decode("ascii").rstrip("=") for size in (own.salt_len, own.hash_len))
        self._nobody = f"$argon2id$v=19$m={own.memory_cost},t={own.time_cost},p={own.parallelism}${salt}${digest}"

    def make(self, text: str) -> str:
        """The hash to keep."""
        return self._hasher.hash(unicodedata.normalize("NFC", text))

    def right(self, kept: str | None, text: str) -> bool:
        """Whether `text` is the password that was kept; takes its time where there is none."""
        try:
            right = self._hasher.verify(kept or self._nobody, unicodedata.normalize("NFC", text[: LONGEST + 1]).encode("utf-8", "replace"))
        except (VerificationError, InvalidHashError):
            return False
        return right and kept is not None


def _left(text: str, called: Iterable[str]) -> int:
    """How many characters are left without common words, the person's name, runs of the keyboard and one character repeated."""
    for word in sorted((*_common(), *called), key=len, reverse=True):
        text = text.replace(word, " ")
    left, at = 0, 0
    while at < len(text):
        run = max(_run(text, at), _same(text, at))
        left += 0 if run > 2 or text[at] == " " else 1
        at += run if run > 2 else 1
    return left


def _run(text: str, at: int) -> int:
    """How many characters from here go along a row of the keyboard, or back."""
    size = 1
    while at + size < len(text) and any(text[at : at + size + 1] in row or text[at : at + size + 1] in row[::-1] for row in _ROWS):
        size += 1
    return size


def _same(text: str, at: int) -> int:
    return len(text) - at - len(text[at:].lstrip(text[at]))


@cache
def _common() -> frozenset[str]:
    return frozenset((files("saksi.app.people") / "common.txt").read_text(encoding="utf-8").split())
