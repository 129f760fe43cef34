"""How often sign-in may be tried: by browsers that know the person, by strangers, and from one address.

A browser in which somebody signed in before has an allowance of its own, which strangers cannot use up: guessing at a name locks nobody
out. Passkeys cannot be guessed and are not counted by name. Names that nobody has are counted like all others.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import math
from collections.abc import Callable

from saksi.app.api.problems import Refused
from saksi.app.api.rates import Rates
from saksi.app.people.person import name_key
from saksi.app.people.store import Store

__all__ = ["KNOWN_SECONDS", "Throttle"]

KNOWN_SECONDS = 180 * 86_400
_WORD = "known-browser"


class Throttle:
    """The allowances of one node, counted in memory. `ticks` is a clock in seconds that never goes back."""

    def __init__(self, store: Store, *, ticks: Callable[[], float]) -> None:
        self._store = store
        self._ticks = ticks
        self._known = Rates(each_second=1 / 30, burst=10)
        self._strangers = Rates(each_second=1 / 60, burst=10)
        self._address = Rates(each_second=1 / 5, burst=30)

    def attempt(self, name: str, address: str, known: str) -> None:
        """Count an attempt at a name. Raises Refused (429) where it is one too many."""
        key = name_key(name)[:200]
        if self.knows(name, known):
            _allow(self._known, f"{key}\0{known}", self._ticks())
            return
        self.visit(address)
        _allow(self._strangers, key, self._ticks())

    def visit(self, address: str) -> None:
        """Count an attempt that names nobody (a passkey, an identity provider)."""
        _allow(self._address, _network(address), self._ticks())

    def within(self, session: str) -> None:
        """Count a guess made in a session. Raises Refused (429) where it is one too many."""
        _allow(self._known, session, self._ticks())

    def mark(self, name: str) -> str:
        """What a browser in which somebody signed in keeps: it says nothing of who it was."""
        until = (self._store.clock() + KNOWN_SECONDS).to_bytes(8, "big")
        nonce = self._store.random(16)
        return base64.urlsafe_b64encode(nonce + until + self._tag(name, nonce + until)).decode("ascii")

    def knows(self, name: str, known: str) -> bool:
        """Whether a browser keeps the mark of this name."""
        try:
            data = base64.urlsafe_b64decode(known.encode("ascii"))
        except ValueError:
            return False
        right = hmac.compare_digest(data[24:], self._tag(name, data[:24]))
        return right and self._store.clock() < int.from_bytes(data[16:24], "big")

    def _tag(self, name: str, data: bytes) -> bytes:
        return self._store.tag(_WORD, name_key(name).encode("utf-8", "surrogatepass") + b"\0" + data)


def _allow(rates: Rates, who: str, now: float) -> None:
    allowance = rates.take(who, now)
    if not allowance.ok:
        raise Refused("too-many", headers={"Retry-After": str(math.ceil(allowance.wait))})


def _network(address: str) -> str:
    """An address as it is counted: of IPv6 the /64, which one customer has whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
