"""What a block list must never hold: safe-listed values, what lies above them, and names under which everybody's customers live."""

from __future__ import annotations

from collections.abc import Iterable

from saksi.model import BadInput
from saksi.observables.host import parents
from saksi.observables.suffix import suffixes
from saksi.observables.url import url_host

__all__ = ["Spared", "host_of"]


class Spared:
    """Hosts that must not be blocked, gathered from what stands in the ledger.

    `spare` takes a host or URL that is safe-listed: it and all above it are never blocked. `heed` takes one that is protected
    or contested: what lies above it may be blocked by its exact name, but not with everything below it.
    """

    __slots__ = ("_heeded", "_spared")

    def __init__(self) -> None:
        self._spared: set[str] = set()
        self._heeded: set[str] = set()

    def spare(self, entity: str) -> None:
        """Remember a safe-listed host or URL; other kinds have nothing above them."""
        self._spared.update(_upward(entity))

    def heed(self, entity: str) -> None:
        """Remember a protected or contested host or URL."""
        self._heeded.update(_upward(entity))

    def may_block(self, name: str) -> bool:
        """Whether a host may stand in a block list by its own name: not a public suffix, and nothing safe-listed at or below it."""
        return name not in self._spared and not suffixes().is_suffix(name)

    def may_block_below(self, name: str) -> bool:
        """Whether all names below a host may be blocked with it."""
        return self.may_block(name) and name not in self._heeded


def host_of(entity: str) -> str | None:
    """The host name in a host or URL entity, or None (an address by number, another kind)."""
    kind, _, normal = entity.partition(":")
    if kind == "host":
        return normal
    if kind == "url":
        try:
            place = url_host(normal)
        except (BadInput, ValueError):
            return None
        return place.normal if place.kind == "host" else None
    return None


def _upward(entity: str) -> Iterable[str]:
    name = host_of(entity)
    if name is None:
        return ()
    if suffixes().is_suffix(name):
        return (name,)
    return parents(name)
