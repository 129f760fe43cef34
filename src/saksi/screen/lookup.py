"""Looking up one value: what it can be matched with, and the answer.

A host is matched with itself and its parent domains up to the one that somebody registered; a URL with itself, its host and that host's
parents; an e-mail address with itself and its host; an IP address, also as the host of a URL, with the known networks that hold it. An
answer says which of them it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from functools import lru_cache
from itertools import compress
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

import msgspec

from saksi.model import BadInput
from saksi.observables.host import parents
from saksi.observables.network import nobodys
from saksi.observables.observable import Observable
from saksi.observables.suffix import suffixes
from saksi.observables.url import url_host
from saksi.screen.answer import Answer, Reading
from saksi.screen.judge import Judge, Matched, Tables
from saksi.screen.page import Listed, Mark
from saksi.screen.wording import NOT_IN_PLAN
from saksi.views.fact import Held, Tally

__all__ = [
    "ITSELF",
    "Around",
    "Match",
    "Reach",
    "Store",
    "about",
    "choose",
    "listed",
    "lookup",
    "matched",
    "matches",
    "minded",
    "reach",
    "unplanned",
]

# The entities that a question is matched with, and for each its `relation` and `suffix` as in `Match`.
Reach: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]

Around: TypeAlias = Callable[[str], Sequence[str]]  # the known networks that hold an IP or a network, the narrowest first

ITSELF: tuple[tuple[str, bool], ...] = (("exact", False),)
_PHONE = "phone:"
_Told = TypeVar("_Told", bound=Answer)
_RANK = {"contested": 1, "known": 2, "safe-listed": 3, "unknown": 4}


class Store(Tables, Protocol):
    """What is known, by entity: the views, or facts held in memory."""

    @property
    def size(self) -> int: ...

    def facts(
        self, entity: str, at: int | None = None, *, before: int | None = None, seen: Callable[[int], bool] | None = None
    ) -> Held: ...

    def facts_many(self, entities: Sequence[str], at: int | None = None) -> list[Held]: ...

    def tally(self, entity: str, at: int | None = None, *, marked_now: bool = False) -> list[Tally]: ...

    def stop(self, at: int | None = None) -> int: ...

    def around(self, entity: str) -> Sequence[str]: ...


class Match(NamedTuple):
    """An entity that a question is matched with; `relation` as in `Part`; `suffix` for what is nobody's own, as in `weigh`."""

    entity: str
    relation: str
    suffix: bool = False


def reach(entity: str, around: Around) -> Reach:
    """What an entity is matched with, in the order of `matches`; `around` is asked about IPs and networks only."""
    kind, _, normal = entity.partition(":")
    if kind == "host":
        return _host(normal, "exact")
    if kind == "url":
        place = url_host(normal)
        bare = normal in {f"http://{place.normal}/", f"https://{place.normal}/"}  # names a host's front page, nothing that lies on it
        if place.kind != "host":
            held, hows = _address(place.entity, "host", around)
            return (entity, *held), (("exact", hows[0][1]), *hows)
        below = _host(place.normal, "site" if bare else "host")
    elif kind == "email":
        below = _host(normal.rpartition("@")[2], "host")
    elif kind in {"ip", "network"}:
        return _address(entity, "exact", around)
    else:
        return (entity,), ITSELF
    return (entity, *below[0]), (*ITSELF, *below[1])


def matches(entity: str, around: Around) -> tuple[Match, ...]:
    """What an entity is matched with, from the narrowest to the widest; the entity itself comes first."""
    return tuple([Match(each, *how) for each, how in zip(*reach(entity, around), strict=True)])


def lookup(store: Store, judge: Judge, query: str, readings: Sequence[Observable]) -> Answer:
    """The answer about `query`, which can be read as each of `readings` (the likeliest first).

    Where more than one reading is possible, the one that something is known about is answered, and the others are named. Raises BadInput
    where there is no reading.
    """
    if not readings:
        raise BadInput("this is nothing that can be looked up", todo="give a phone, an account, a wallet, a host, a URL or an e-mail")
    by_entity = dict.fromkeys(each.entity for each in readings)
    return choose([about(store, judge, query, entity) for entity in by_entity])


def choose(answers: Sequence[Answer]) -> Answer:
    """Of the answers for all readings of one text the one that most is known about; the others are named in it."""
    best = min(answers, key=lambda answer: 0 if answer.flagged else _RANK[answer.status])
    others = tuple(Reading(answer.entity, answer.status) for answer in answers if answer is not best)
    return msgspec.structs.replace(best, readings=others) if others else best


def about(store: Store, judge: Judge, query: str, entity: str) -> Answer:
    """The answer about one entity."""
    return minded(judge.answer(query, _all_matched(store, judge, entity, None)), unplanned((entity,)))


def listed(store: Store, judge: Judge, entity: str, after: Mark | None) -> Listed:
    """The answer about one entity with the statements behind `after` (None: the newest)."""
    return minded(judge.page(entity, _all_matched(store, judge, entity, after), after), unplanned((entity,)))


def unplanned(entities: Iterable[str]) -> frozenset[str]:
    """Those that are phones which their country's number plan does not list."""
    found = [entity for entity in entities if entity.startswith(_PHONE)]
    if not found:
        return frozenset()
    from saksi.observables.phone_bulk import unlisted  # the tables of all phones: only where there is one

    return frozenset(compress(found, unlisted([entity.removeprefix(_PHONE) for entity in found])))


def minded(answer: _Told, odd: Container[str]) -> _Told:
    """The answer with what is to mind about the value itself, where it is among the `odd` ones that `unplanned` found."""
    return msgspec.structs.replace(answer, warnings=(*answer.warnings, NOT_IN_PLAN)) if answer.entity in odd else answer


def _all_matched(store: Store, judge: Judge, entity: str, after: Mark | None) -> list[Matched]:
    found = matches(entity, store.around)
    held = [store.facts(entity)] if len(found) == 1 else store.facts_many([each.entity for each in found])
    made = [matched(store, judge, *each) for each in zip(found, held, strict=True)]
    if after is not None:
        made = list(judge.shown(made))  # a mark counts the parts of an answer
        for part in made[after.part : after.part + 1]:
            made[after.part] = matched(store, judge, Match(part.entity, part.relation, part.suffix), store.facts(part.entity), after)
    return made


def matched(store: Store, judge: Judge, match: Match, held: Held, after: Mark | None = None) -> Matched:
    """A match with all that is needed to judge it and to list the page behind `after`; `held` is what the store holds now.

    Facts are taken as they are now and cut to the ledger size by the judge, so that a marking that was made stricter since also holds for
    questions about the past. A hub is summed up from tallies where what this reader may see of it is more than a page: neither that nor
    where a page ends depends on what others may see.
    """
    if held.cursor is None:
        return Matched(match.entity, match.relation, held, (), match.suffix)
    stop = None if judge.at >= store.size else store.stop(judge.at)
    tallies = store.tally(match.entity, None if stop is None else judge.at, marked_now=True)
    if not any(judge.may_see(tally.handling) for tally in tallies):
        return Matched(match.entity, match.relation, Held(match.entity, [], 0), (), match.suffix)
    page = store.facts(match.entity, before=stop, seen=judge.may_see)
    if page.cursor is None:
        return Matched(match.entity, match.relation, page, (), match.suffix)
    if after is not None and after.leaf < judge.at:
        page = store.facts(match.entity, before=store.stop(after.leaf) + after.place, seen=judge.may_see)
    facts, cursor = page.facts, page.cursor
    while cursor is not None and not judge.fills(facts):
        page = store.facts(match.entity, before=cursor, seen=judge.may_see)
        facts, cursor = [*page.facts, *facts], page.cursor
    return Matched(match.entity, match.relation, Held(match.entity, facts, held.total), tallies, match.suffix)


def _address(entity: str, relation: str, around: Around) -> Reach:
    held = around(entity)
    return (entity, *held), ((relation, nobodys(entity)), *((("network", False),) * len(held)))


def _host(name: str, relation: str) -> Reach:
    below = name.partition(".")[2]
    rules = suffixes()
    entities, frame, wild = _above(below, relation)
    if name in rules.names or (wild and name not in rules.exceptions):  # is_suffix, for every row of a column
        return ("host:" + name,), ((relation, True),)
    if relation == "exact" and entities and name.startswith("www."):
        frame = (frame[0], ("www", False), *frame[2:])
    return ("host:" + name, *entities), frame


@lru_cache(100_000)
def _above(name: str, relation: str) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...], bool]:
    """What a host directly below `name` is also matched with: `parents(name)`, and nothing where its owner holds no more than the host.

    Then how the host, matched as `relation`, and those are matched; and whether a rule makes all that stands below `name` public suffixes.
    """
    rules = suffixes()
    held = "." in name and not rules.is_suffix(name)
    entities = tuple(["host:" + each for each in parents(name)]) if held else ()
    return entities, ((relation, False), *((("parent", False),) * len(entities))), name in rules.wild
