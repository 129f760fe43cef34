"""Notices when many reports speak against the same thing in alike words, or from one place: for triage to see, never to refuse.

A crowd of false reports can be one person's work against another; a crowd of true ones looks much the same, since one scam has many
victims. So nothing is refused and nothing is decided: the report gets a flag. What is remembered is in memory alone, as keyed hashes, for a
day, and is forgotten at a restart; addresses of people are never kept.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import zlib
from collections import OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np

__all__ = ["Wave", "block_of", "word_marks"]

_DAY = 86_400.0
_MARKS = 32
_ALIKE = 20  # of the 32 marks: about three quarters of the word pairs are the same
_EACH = 200
_WORDS = re.compile(r"\w+")
# Letters of other scripts that look like Latin ones, so that changing a few of them does not make words unlike.
_LOOKALIKE = str.maketrans("асԁеһіјорԛѕԝхуοανρτυικ0135", "acdehijopqswxyoavptuikoles")


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    marks: tuple[int, ...]
    block: bytes


class Wave:
    """What was reported in the last day, by target. `key` makes its hashes; `many` earlier reports of one look make a wave."""

    def __init__(self, key: bytes, *, many: int = 3, targets: int = 50_000) -> None:
        self._key, self._many, self._targets = key, many, targets
        self._seen: OrderedDict[bytes, deque[_Seen]] = OrderedDict()
        self._lock = Lock()

    def flags(self, targets: Collection[str], words: str, address: str, *, now: float) -> tuple[str, ...]:
        """Count one report and say what it looks like: `alike` (same target, alike words), `same-origin` (same target, same network)."""
        block = self._hash(block_of(address)) if address else b""
        this = _Seen(now, word_marks(words), block)
        found: set[str] = set()
        with self._lock:
            for target in targets:
                name = self._hash(target)
                before = self._seen.setdefault(name, deque(maxlen=_EACH))
                self._seen.move_to_end(name)
                while before and before[0].at < now - _DAY:
                    before.popleft()
                if this.marks and sum(_alike(this.marks, one.marks) for one in before) >= self._many:
                    found.add("alike")
                if block and sum(one.block == block for one in before) >= self._many:
                    found.add("same-origin")
                before.append(this)
            while len(self._seen) > self._targets:
                self._seen.popitem(last=False)
        return tuple(sorted(found))

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")[:12]


def block_of(address: str) -> str:
    """The network an address is in: 24 bits of an IPv4 address, 48 of an IPv6 one; what is no address stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def word_marks(words: str) -> tuple[int, ...]:
    """MinHash over pairs of words (Broder 1997): texts with most pairs in common have most marks in common. Short texts have none."""
    plain = _WORDS.findall(words.casefold().translate(_LOOKALIKE))
    # Scripts without blanks come as a few long words: there, runs of four signs take the place of pairs.
    text = "".join(plain)
    pairs = (
        {text[at : at + 4] for at in range(len(text) - 3)} if len(plain) * 12 < len(text) else {" ".join(two) for two in pairwise(plain)}
    )
    if len(pairs) < 6:
        return ()
    hashes = np.array([zlib.crc32(pair.encode("utf-8", "surrogatepass")) for pair in sorted(pairs)[:2_000]], dtype=np.uint64)
    mixed = (hashes[:, None] * _ODD[None, :]) >> np.uint64(20)
    return tuple(mixed.min(axis=0).tolist())


# One odd factor a mark; the products wrap at 64 bits, and their upper bits are what is compared.
_ODD = np.array([pow(0x9E3779B97F4A7C15, number, 1 << 64) | 1 for number in range(3, _MARKS + 3)], dtype=np.uint64)


def _alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return sum(mine == theirs for mine, theirs in zip(one, other, strict=False)) >= _ALIKE
