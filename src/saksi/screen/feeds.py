"""Block lists for those who can block: a hosts file, an RPZ zone for name servers, or CSV.

Blocking the wrong page or number harms somebody who did nothing, so a value is given out only where
1. the node, seeing everything it holds, flags the value itself (not through a parent): accused, and nothing speaks against it but what
   callers told back, which the desk has not made its own;
2. at least one accusing statement, not a weak one, may be released to the named reader and is marked PAP:GREEN or wider;
3. neither it nor anything below it is safe-listed, it lies in no safe-listed network (but an undisputed IP may lie in one that is
   only shared: it is marked), and it is no public suffix, and no address, page on an address or network that is private,
   loopback, reserved or too wide to be one party's.

Rule 1 uses also what the reader may not see: a hidden denial takes an entry out. So a missing entry says nothing, and hiding a denial never
puts an entry in. What an entry tells (times, roles, references) comes from the statements of rule 2 alone. Retractions, expiries,
regrades and new markings hold at once, since a feed is made of one state of the views alone.

Two values about which the same is held (`Trace.shared`) have the same verdict, so the judge is asked once for each such set, and a value
costs no more than its own references.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import NamedTuple, Protocol

import msgspec

from saksi.model import ACCUSING_ROLES, BadInput, Pap, Reader, Tlp
from saksi.observables.network import unaccusable
from saksi.screen.answer import Answer, StatementLine
from saksi.screen.judge import Judge, Matched, Setting
from saksi.screen.lookup import Match, Store, matched
from saksi.screen.safelist import Spared
from saksi.screen.wording import CLEARED
from saksi.views.trace import OWN, Trace

__all__ = ["FORMS", "Entry", "Feed", "FeedStore", "Plan", "feed", "write"]

FORMS = ("hosts", "rpz", "csv")
_ADDRESSES = frozenset({"ip", "network"})
_FORMS = 20_000  # verdicts remembered; few sets of facts are met again after so many others
_REFS = 10
_LONGEST_RPZ = 200  # a zone's own name comes behind each entry, and both together have at most 253 characters
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FeedStore(Store, Protocol):
    """A store that can also be walked through."""

    def walk(self, prefix: str, at: int | None = None) -> Iterator[tuple[str, Trace | None]]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be given out, to whom, in which form.

    `setting` names the reader, the day, the ledger and its size; `authority` is the node's own; `made_at` is a UTC time; `kinds` are
    kinds of entity (an RPZ zone holds hosts, IPs and networks, a hosts file of these hosts only); `contested` adds contested values, each
    with a mark; `historical` says in the feed that it is of an earlier size, and so no longer for blocking.
    """

    setting: Setting
    authority: str
    made_at: str
    form: str = "hosts"
    kinds: tuple[str, ...] = ("host",)
    contested: bool = False
    historical: bool = False

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise BadInput(f"a feed is one of {', '.join(FORMS)}, not {self.form!r}")
        if self.form != "csv" and not {"host", *_ADDRESSES}.issuperset(self.kinds):
            raise BadInput(f"a feed of form {self.form} holds hosts and addresses only", todo="ask for csv")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One value to block: as what it is named, when it was seen, on which statements (of those that may be given out).

    `seen_since` and `seen_last` are when it happened, else was reported, as their sources date it: None where none does. `recorded_since`
    is since when it is in our records, which says nothing of when it was seen. `below`: whether all names below a host may be blocked
    with it; `shared`: an IP in a network that many customers share. `refs` are at most ten, the newest.
    """

    entity: str
    roles: tuple[str, ...]
    seen_since: str | None
    seen_last: str | None
    recorded_since: str
    refs: tuple[str, ...]
    tlp: Tlp
    contested: bool
    below: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries in the order of their entities; `tlp` is the strictest marking of what they rest on.

    `above_safe` counts the hosts that are left out because something below them is safe-listed, as far as the reader may see that too.
    """

    plan: Plan
    entries: tuple[Entry, ...]
    tlp: Tlp
    above_safe: int = 0

    @property
    def left_out(self) -> str:
        """What is left out for what lies below it, in words; empty where nothing is."""
        many, some = self.above_safe, ("host is", "it") if self.above_safe == 1 else ("hosts are", "each")
        return f"{many} {some[0]} accused and left out: something at or below {some[1]} is safe-listed." if many else ""


def feed(store: FeedStore, plan: Plan) -> Feed:
    """Fold the feed. Reads every host and URL in the store, and the other kinds asked for; for IPs or networks both of them."""
    spared = Spared()
    candidates = _candidates(store, plan, spared)
    found = tuple(_entries(candidates, spared))
    above = sum(spared.is_told(_name(each)) for each in candidates if _kind(each) == "host")
    return Feed(plan, found, max((each.tlp for each in found), key=lambda level: level.rank, default=Tlp.CLEAR), above)


class _Verdict(NamedTuple):
    """What is held about a value, as far as a feed is concerned: the kinds it is safe-listed as and whether the reader may see that,
    whether it must be heeded, the entry it would be, and which of its facts the entry's references are of."""

    safe: tuple[str, ...]
    told: bool
    heeded: bool
    entry: Entry | None
    places: tuple[int, ...] = ()


class _Judges:
    """The two judges of a feed: one who sees everything, and one who sees what its reader may."""

    def __init__(self, store: FeedStore, plan: Plan) -> None:
        everything = replace(plan.setting, reader=Reader(plan.authority, home=True, clearance=Tlp.RED), callers=False)
        self._store, self._plan, self._prefix = store, plan, plan.setting.origin + "#"
        self._everything, self._theirs = Judge(store, everything), Judge(store, plan.setting)
        self._known: dict[tuple[str, tuple[object, ...]], _Verdict] = {}

    def walk(self, kind: str) -> Iterator[tuple[str, _Verdict, Entry | None]]:
        """Each entity of a kind that anything is held about, with its verdict, and its own entry."""
        known, prefix = self._known, self._prefix
        for entity, trace in self._store.walk(kind + ":", self._plan.setting.at):
            if trace is None:
                verdict = self._verdict(entity)
                yield entity, verdict, verdict.entry
            elif trace.own:
                verdict = known.get((kind, trace.shared)) or self._learn(kind, entity, trace)
                like, own = verdict.entry, trace.own
                if like is not None:
                    refs = tuple([prefix + own[place * OWN].decode() for place in verdict.places])
                    like = Entry(entity, like.roles, like.seen_since, like.seen_last, like.recorded_since, refs, like.tlp, like.contested)
                yield entity, verdict, like

    def _learn(self, kind: str, entity: str, trace: Trace) -> _Verdict:
        verdict = self._verdict(entity)
        refs = () if verdict.entry is None else verdict.entry.refs
        every = [self._prefix + each.decode() for each in trace.own[::OWN]]
        if len(self._known) >= _FORMS:
            self._known.clear()
        made = self._known[kind, trace.shared] = verdict._replace(places=tuple([every.index(ref) for ref in refs]))
        return made

    def _verdict(self, entity: str) -> _Verdict:
        store, match = self._store, Match(entity, "exact")
        (held,) = store.facts_many([entity])
        whole = self._everything.answer(entity, [matched(store, self._everything, match, held)])
        part = whole.parts[0]
        heeded = whole.status == "contested" or whole.why[:1] == (CLEARED,) or (bool(whole.roles) and not part.flagged)
        entry = None
        if whole.flagged or (self._plan.contested and _is_contested(whole)):
            entry = _entry(self._theirs, whole, matched(store, self._theirs, match, held))
        told = bool(part.safe) and bool(self._theirs.answer(entity, [matched(store, self._theirs, match, held)]).parts[0].safe)
        return _Verdict(part.safe, told, heeded, entry)


def _candidates(store: FeedStore, plan: Plan, spared: Spared) -> list[Entry]:
    """What could be listed but for what lies around or below it, in order. Gathers that in `spared`."""
    judges = _Judges(store, plan)
    candidates: list[Entry] = []
    beside = {"host", "url"} | (set() if _ADDRESSES.isdisjoint(plan.kinds) else _ADDRESSES)
    for kind in sorted(beside.union(plan.kinds)):
        for entity, verdict, entry in judges.walk(kind):
            if verdict.safe:
                spared.spare(entity, verdict.safe, told=verdict.told)
            elif verdict.heeded:
                spared.heed(entity)
            if entry is not None and kind in plan.kinds and unaccusable(entity) is None:
                candidates.append(entry)
    return sorted(candidates, key=attrgetter("entity"))


def _entries(candidates: Sequence[Entry], spared: Spared) -> Iterator[Entry]:
    """The entries in order."""
    addresses = spared.addresses(entry.entity for entry in candidates if _kind(entry) in _ADDRESSES)
    for entry in candidates:
        kind, _, name = entry.entity.partition(":")
        if kind != "host":
            shared = addresses.get(entry.entity, False)
            if kind not in _ADDRESSES or (entry.entity in addresses and not (shared and entry.contested)):
                yield msgspec.structs.replace(entry, shared=True) if shared else entry
        elif _HOST.fullmatch(name) and spared.may_block(name):
            yield entry if spared.is_heeded(name) else msgspec.structs.replace(entry, below=True)


def write(made: Feed) -> Iterator[str]:
    """The feed as text, line by line, each with its line end."""
    writer = {"hosts": _hosts, "rpz": _rpz, "csv": _csv}[made.plan.form]
    return writer(made)


def _is_contested(whole: Answer) -> bool:
    """Whether there is a disputed accusation, and nobody says that it belongs to somebody harmed."""
    kinds = {line.kind for line in whole.roles if line.statements}
    return whole.status == "contested" and "accuses" in kinds and "protects" not in kinds


def _entry(theirs: Judge, whole: Answer, found: Matched) -> Entry | None:
    seen = theirs.answer(whole.entity, [found])
    grounds = [line for line in seen.statements if _accuses(line)]
    if not grounds:
        return None
    published = {line.n: line.published for line in seen.sources}
    firsts = [line.valid_from or line.reported or published[line.source] for line in grounds]
    lasts = [line.valid_until or line.valid_from or line.reported or published[line.source] for line in grounds]
    return Entry(
        entity=whole.entity,
        roles=tuple(sorted({str(line.value) for line in grounds})),
        seen_since=min(filter(None, firsts), default=None),
        seen_last=max(filter(None, lasts), default=None),
        recorded_since=min(line.recorded_at for line in grounds),
        refs=tuple(line.ref for line in grounds[-_REFS:]),
        tlp=max((Tlp.read(line.tlp) for line in grounds), key=lambda level: level.rank),
        contested=whole.status == "contested",
    )


def _accuses(line: StatementLine) -> bool:
    if line.prop != "role" or line.polarity == "deny" or line.value not in ACCUSING_ROLES or not Pap.read(line.pap).may_block:
        return False
    return line.grade is None or (line.grade[0] != "E" and line.grade[1] != "5")


def _heading(made: Feed) -> list[str]:
    setting = made.plan.setting
    shared = sum(entry.shared for entry in made.entries)
    past = "HISTORICAL, NOT FOR BLOCKING: as of an earlier ledger size; what was withdrawn since is still in it."
    return [
        *((past,) if made.plan.historical else ()),
        f"Block list of {_plain(made.plan.authority)}, from ledger {_plain(setting.origin)} at size {setting.at}",
        f"Made {made.plan.made_at} for {_plain(setting.reader.authority)}; TLP:{made.tlp.value}; {len(made.entries)} entries",
        f"Contested values are {'included and marked' if made.plan.contested else 'left out'}.",
        "Safe-listed and shared values are never listed.",
        *((made.left_out,) if made.above_safe else ()),
        *((f"{shared} addresses were named themselves, in networks that many customers share: each is marked.",) if shared else ()),
        "A value that is not listed is not thereby safe.",
        f"To contest an entry: {_plain(setting.contest)}",
    ]


def _hosts(made: Feed) -> Iterator[str]:
    yield from (f"# {line}\n" for line in _heading(made))
    named = [entry for entry in made.entries if _kind(entry) == "host"]
    if len(named) < len(made.entries):
        yield f"# {len(made.entries) - len(named)} addresses and networks cannot stand in a hosts file and are left out\n"
    for entry in named:
        yield f"0.0.0.0 {_name(entry)}  # {_remark(entry)}\n"


def _rpz(made: Feed) -> Iterator[str]:
    """A response policy zone (draft-vixie-dnsop-dns-rpz-00): `CNAME .` answers NXDOMAIN; the serial is the ledger size.

    A name is answered so, and every name that leads to a listed address.
    """
    triggers = [(_trigger(entry), entry) for entry in made.entries]
    fitting = [(trigger, entry) for trigger, entry in triggers if len(trigger) <= _LONGEST_RPZ]
    yield from (f"; {line}\n" for line in _heading(made))
    if len(fitting) < len(made.entries):
        yield f"; {len(made.entries) - len(fitting)} names are too long for a zone and left out\n"
    yield "$TTL 300\n"
    yield f"@ SOA localhost. hostmaster.localhost. {made.plan.setting.at % 2**32} 3600 600 86400 300\n"
    yield "@ NS localhost.\n"
    for trigger, entry in fitting:
        yield f"{trigger} CNAME . ; {_remark(entry)}\n"
        if entry.below:
            yield f"*.{trigger} CNAME .\n"


def _trigger(entry: Entry) -> str:
    """How a zone names an entry: a host by its name, addresses by length and parts from the last to the first, `::` written `zz`."""
    if _kind(entry) == "host":
        return _name(entry)
    block = ipaddress.ip_network(_name(entry))
    place = str(block.network_address)
    parts = place.split(".") if block.version == 4 else place.replace("::", ":zz:").strip(":").split(":")
    return ".".join([str(block.prefixlen), *reversed(parts), "rpz-ip"])


def _csv(made: Feed) -> Iterator[str]:
    yield from (f"# {line}\n" for line in _heading(made))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    yield "entity,roles,seen_since,seen_last,recorded_since,contested,tlp,refs,shared\n"
    for entry in made.entries:
        contested, shared = "yes" if entry.contested else "no", "yes" if entry.shared else "no"
        times = (entry.seen_since or "", entry.seen_last or "", entry.recorded_since)
        cells = (entry.entity, " ".join(entry.roles), *times, contested, entry.tlp.value, " ".join(entry.refs), shared)
        writer.writerow(["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _remark(entry: Entry) -> str:
    mark = ("CONTESTED; " if entry.contested else "") + ("SHARED; " if entry.shared else "")
    seen = "" if entry.seen_since is None else f"seen since {entry.seen_since}, last {entry.seen_last}; "
    return f"{mark}{', '.join(entry.roles)}; {seen}in our records since {entry.recorded_since[:10]}; {_plain(entry.refs[-1])}"


def _kind(entry: Entry) -> str:
    return entry.entity.partition(":")[0]


def _name(entry: Entry) -> str:
    return entry.entity.partition(":")[2]


def _plain(text: str) -> str:
    """Text that cannot end a comment's line."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
