"""What a block list must never hold: safe-listed values, what lies above them, and names under which everybody's customers live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from saksi.model import BadInput
from saksi.observables.host import parents
from saksi.observables.network import Networks, normal_address
from saksi.observables.suffix import suffixes
from saksi.observables.url import url_host

__all__ = ["Spared"]


class Spared:
    """Hosts and addresses that must not be blocked, gathered from what stands in the ledger.

    `spare` takes a host, URL, IP or network that is safe-listed, and as what: it and all above it are never blocked, and of a network
    nothing in it, but for single addresses where the network is only said to be shared (a cloud's). `told`: it may be said that it is.
    `heed` takes one that is protected or contested: what lies above it may be blocked by its exact name, but not with everything below
    it, and a network around it not at all.
    """

    __slots__ = ("_addresses", "_heeded", "_heeded_addresses", "_shared", "_spared", "_untold")

    def __init__(self) -> None:
        self._spared: set[str] = set()
        self._untold: set[str] = set()  # the spared ones of which it may not be said
        self._heeded: set[str] = set()
        self._addresses: set[str] = set()
        self._shared: set[str] = set()
        self._heeded_addresses: set[str] = set()

    def spare(self, entity: str, kinds: Sequence[str], *, told: bool = True) -> None:
        """Remember what is safe-listed as these kinds; other values have nothing above them."""
        above = _upward(entity)
        if told:
            self._untold.difference_update(above)
        else:
            self._untold.update(each for each in above if each not in self._spared)
        self._spared.update(above)
        self._addresses.update(_address(entity))
        if entity.startswith("network:") and tuple(kinds) == ("shared",):
            self._shared.add(entity)

    def heed(self, entity: str) -> None:
        """Remember what is protected or contested."""
        self._heeded.update(_upward(entity))
        self._heeded_addresses.update(_address(entity))

    def may_block(self, name: str) -> bool:
        """Whether a host may stand in a block list by its own name: not a public suffix, and nothing safe-listed at or below it."""
        return name not in self._spared and not suffixes().is_suffix(name)

    def is_told(self, name: str) -> bool:
        """Whether a host may not be blocked, and it may be said why: something at or below it is safe-listed."""
        return name in self._spared and name not in self._untold

    def is_heeded(self, name: str) -> bool:
        """Whether a host that may be blocked may not be blocked with all names below it."""
        return name in self._heeded

    def addresses(self, asked: Iterable[str]) -> dict[str, bool]:
        """Of these IPs and networks those that may be blocked, and whether each lies in a network that is shared.

        Not blocked are ids in no normal form, what is safe-listed or lies in a safe-listed network, and networks that hold a safe-listed,
        protected or contested address.
        """
        asked = {entity for entity in asked if normal_address(entity)}
        safe, wanted = Networks(self._addresses), Networks(asked)
        harmed = {wide for each in self._addresses | self._heeded_addresses for wide in wanted.around(each)}
        around = {each: set(safe.around(each)) for each in asked - self._addresses - harmed}
        return {each: bool(nets) for each, nets in around.items() if not nets or (each.startswith("ip:") and nets <= self._shared)}


def _place_of(entity: str) -> str:
    """Where a URL lies (its host or IP); every other entity as it is, and nothing for a URL that is none."""
    if not entity.startswith("url:"):
        return entity
    try:
        return url_host(entity.removeprefix("url:")).entity
    except (BadInput, ValueError):
        return ""


def _address(entity: str) -> tuple[str, ...]:
    place = _place_of(entity)
    return (place,) if place.startswith(("ip:", "network:")) else ()


def _upward(entity: str) -> tuple[str, ...]:
    place = _place_of(entity)
    if not place.startswith("host:"):
        return ()
    name = place.removeprefix("host:")
    return (name,) if suffixes().is_suffix(name) else parents(name)
