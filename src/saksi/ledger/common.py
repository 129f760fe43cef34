"""The words that statements appended one by one have in common, kept once so that each sealed block stays small.

Who records and under what marking is about no data subject. What names a source (its title, address, digest) may be: a person's own
page, say. So a source's words become common only once statements about two different subjects, or about nobody, rest on it.
"""

from __future__ import annotations

import json

from saksi.ledger.commitment import Groups
from saksi.ledger.frame import MAX_COMMON, NO_COMMON

__all__ = ["Common"]

_REMEMBERED = 512


class Common:
    """The common words in force: `leaf` is where they are kept (NO_COMMON: none yet)."""

    __slots__ = ("_fragments", "_owners", "leaf", "words")

    def __init__(self) -> None:
        self.leaf = NO_COMMON
        self.words = b""
        self._fragments: list[bytes] = []
        self._owners: dict[bytes, object] = {}

    def want(self, groups: Groups, subject: object) -> bytes | None:
        """New common words that this statement asks for, or None where those in force will do. They count after `take`."""
        fragments = [groups[2], groups[3]]
        source = _shared_part(groups[1])
        if self._is_shared(source, subject):
            fragments.append(source)
        fresh = [part for part in fragments if part not in self._fragments and len(part) <= MAX_COMMON // 3]
        if not fresh:
            return None
        self._fragments = [*self._fragments, *fresh]
        while sum(map(len, self._fragments)) > MAX_COMMON:
            self._fragments.pop(0)
        return b"".join(self._fragments)

    def take(self, words: bytes, leaf: int) -> None:
        """These words are kept in the frame of `leaf`."""
        self.words, self.leaf = words, leaf

    def _is_shared(self, source: bytes, subject: object) -> bool:
        if len(self._owners) >= _REMEMBERED and source not in self._owners:
            self._owners.pop(next(iter(self._owners)))
        owner = self._owners.setdefault(source, subject)
        if subject is None or owner is None or owner != subject:
            self._owners[source] = None
            return True
        return False


def _shared_part(source: bytes) -> bytes:
    """The source group without the place in it and the words found there."""
    parts = json.loads(source)
    for name in ("locator", "quote"):
        parts.pop(name, None)
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
