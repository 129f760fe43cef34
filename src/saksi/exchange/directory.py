"""Who can act for an account, a number, a host, a wallet: the authority's own directory of recipients.

It answers with what somebody wrote into it, ranked by how exactly it fits, and with the reason. What nobody wrote it does not know, and
says so: a request that goes to the wrong bank tells that bank of a person who is none of its business.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from saksi.actions import Party, Recipient
from saksi.model import BadInput

__all__ = ["COVERS", "Conflict", "Directory", "Entry", "Found", "Known"]

# What an entry can cover, and what one value looks like.
COVERS: Mapping[str, str] = MappingProxyType({
    "banks": "KH:ABA, a country and a bank (a code of the bank table or of one's own reports, or what an IBAN's account part begins with)",
    "phones": "+85512, what the numbers begin with",
    "hosts": "shop.example, a host and all below it",
    "networks": "192.0.2.0/24, an address block",
    "wallets": "tron:T..., one wallet, as it is looked up",
    "handles": "telegram, a platform",
    "proxies": "promptpay, a payment scheme",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recipient: what it is, where it is reached, the languages it reads (the first is written to), what it covers.

    `offset` is its distance from UTC in minutes. `callback` is the number by which an answer is made sure of: from this directory, never
    from the answer. `bic` names it in bank messages. `covers` maps the words of `COVERS` to values.
    """

    id: str
    party: Party
    name: str
    address: str
    languages: tuple[str, ...] = ("en",)
    offset: int = 0
    callback: str | None = None
    bic: str | None = None
    covers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why `recipient` is not asked in a matter that names `about` (an entity id), and the id of the recipient to ask instead, if any."""

    about: str
    recipient: str
    reason: str
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient that covers an entity: the request's recipient (with its conflict, if there is one), why it is named, how exactly it fits
    (more is more exact; only for ranking), and whom to ask instead."""

    entry: Entry
    to: Recipient
    reason: str
    exact: int
    instead: Recipient | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The recipients for an entity, the most exact first, and in words what the directory knows."""

    entity: str
    known: tuple[Known, ...]
    said: str


class Directory:
    """All recipients of one authority. Ids are unique, conflicts name recipients that are there."""

    def __init__(self, entries: Iterable[Entry], conflicts: Iterable[Conflict] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        for each in entries:
            if each.id in self._entries:
                raise BadInput(f"two recipients have the id {each.id[:60]!r}", where=each.id[:60])
            self._entries[each.id] = each
        self._conflicts = tuple(conflicts)
        for conflict in self._conflicts:
            for id_ in (conflict.recipient, conflict.instead):
                if id_ is not None and id_ not in self._entries:
                    raise BadInput(f"a conflict names a recipient that is not there: {id_[:60]!r}", where=conflict.about[:80])
            if conflict.instead == conflict.recipient:
                raise BadInput("whoever is asked instead is somebody else", where=conflict.about[:80])

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def entry(self, id_: str) -> Entry:
        """The recipient of that id. Raises BadInput where there is none."""
        if id_ not in self._entries:
            raise BadInput(f"no recipient has the id {id_[:60]!r}", where=id_[:60])
        return self._entries[id_]

    def recipient(self, id_: str, *, named: Iterable[str] = (), by_hand: bool = False) -> Recipient:
        """The recipient of that id for a matter in which the entities `named` occur: with the conflict of interest, if there is one."""
        return self._to(self.entry(id_), frozenset(named), by_hand=by_hand)[0]

    def for_entity(self, entity: str, *, named: Iterable[str] = ()) -> Found:
        """Who can act for an entity (`account:KH:ABA:000123456`), in a matter in which the entities `named` occur too."""
        matter = frozenset((entity, *named))
        known = []
        for entry in self._entries.values():
            best = max(_fits(entry, entity), default=None)
            if best is not None:
                to, instead = self._to(entry, matter, by_hand=False)
                known.append(Known(entry, to, best[1], best[0], instead))
        known.sort(key=lambda each: (-each.exact, each.entry.id))
        if not known:
            return Found(entity, (), "nobody in the directory covers it: choose a recipient by hand, or add one")
        tie = len(known) > 1 and known[0].exact == known[1].exact
        return Found(entity, tuple(known), "several recipients cover it equally well: choose" if tie else known[0].reason)

    def addresses(self, id_: str) -> frozenset[str]:
        """The addresses by which a recipient is known."""
        return frozenset({self.entry(id_).address})

    def _to(self, entry: Entry, matter: frozenset[str], *, by_hand: bool) -> tuple[Recipient, Recipient | None]:
        conflict = self._conflict(entry.id, matter)
        if conflict is None:
            return _recipient(entry, None, by_hand=by_hand), None
        free = conflict.instead is not None and self._conflict(conflict.instead, matter) is None
        instead = _recipient(self._entries[conflict.instead or ""], None, by_hand=False) if free else None
        return _recipient(entry, conflict.reason, by_hand=by_hand), instead

    def _conflict(self, id_: str, matter: frozenset[str]) -> Conflict | None:
        return next((each for each in self._conflicts if each.recipient == id_ and each.about in matter), None)


def _recipient(entry: Entry, conflict: str | None, *, by_hand: bool) -> Recipient:
    return Recipient(entry.id, entry.party, entry.name, entry.address, conflict, by_hand)


def _fits(entry: Entry, entity: str) -> Iterable[tuple[int, str]]:
    """How exactly each thing that an entry covers fits an entity, and the reason; nothing where it does not."""
    kind, _, normal = entity.partition(":")
    covers = entry.covers
    if kind in {"account", "account-local"}:
        bank, rest = _bank(normal) if kind == "account" else _own_bank(normal)
        for code in covers.get("banks", ()):
            country, _, name = code.partition(":")
            if bank == country and (rest.startswith(name) if normal.startswith("IBAN:") else rest == name):
                yield 100 + len(name), f"the account's bank is {code}"
    elif kind == "phone":
        for prefix in covers.get("phones", ()):
            if normal.startswith(prefix):
                yield len(prefix), f"numbers that begin with {prefix} are its own, unless this one was ported"
    elif kind == "wallet":
        if normal in covers.get("wallets", ()):
            yield 100, "the wallet is listed as its own"
    elif kind in {"handle", "proxy"}:
        word = normal.partition(":")[0]
        if word in covers.get("handles" if kind == "handle" else "proxies", ()):
            yield 100, f"it runs {word}"
    elif kind in {"host", "url", "email", "ip", "network"}:
        yield from _place(covers, _host(kind, normal))


def _bank(normal: str) -> tuple[str, str]:
    """Country and bank of an account; for an IBAN the whole account part stands for the bank."""
    first, _, rest = normal.partition(":")
    return (rest[:2], rest[4:]) if first == "IBAN" else (first, rest.rpartition(":")[0])


def _own_bank(normal: str) -> tuple[str, str]:
    """Country and bank of an account whose bank is in no table: as the desk's own reports name it (`<desk>/<country>/<bank>/<number>`)."""
    _, country, bank, _ = normal.split("/") if normal.count("/") == 3 else ("", "", "", "")
    return country, bank.upper()


def _host(kind: str, normal: str) -> str:
    if kind == "email":
        return normal.rpartition("@")[2]
    if kind != "url":
        return normal
    place = normal.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def _place(covers: Mapping[str, tuple[str, ...]], host: str) -> Iterable[tuple[int, str]]:
    for suffix in covers.get("hosts", ()):
        if host == suffix or host.endswith("." + suffix):
            yield 200 + len(suffix), f"it answers for {suffix} and what lies below"
    try:
        block = ipaddress.ip_network(host)
    except ValueError:
        return
    for text in covers.get("networks", ()):
        cover = ipaddress.ip_network(text)
        if cover.version == block.version and block.subnet_of(cover):  # type: ignore[arg-type]  # of one version
            yield cover.prefixlen, f"the address lies in its block {text}"
