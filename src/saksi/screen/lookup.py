"""Looking up one value: what it can be matched with, and the answer.

A host is matched with itself and its parent domains up to the one that somebody registered; a URL with itself, its host and that host's
parents; an e-mail address with itself and its host. An answer says which of them it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from saksi.model import BadInput
from saksi.observables.host import parents
from saksi.observables.observable import Observable
from saksi.observables.suffix import suffixes
from saksi.observables.url import url_host
from saksi.screen.answer import Answer, Reading
from saksi.screen.judge import Judge, Matched, Tables
from saksi.views.fact import Held, Tally

__all__ = ["Match", "Store", "about", "about_many", "lookup", "matches"]

_RANK = {"contested": 1, "known": 2, "safe-listed": 3, "unknown": 4}


class Store(Tables, Protocol):
    """What is known, by entity: the views, or facts held in memory."""

    def facts(self, entity: str, *, at: int | None = None) -> Held: ...

    def facts_many(self, entities: Sequence[str], *, at: int | None = None) -> Mapping[str, Held]: ...

    def tally(self, entity: str, *, at: int | None = None) -> Sequence[Tally]: ...


class Match(NamedTuple):
    """An entity that a question is matched with; `relation` as in `Part`; `suffix` for a public suffix."""

    entity: str
    relation: str
    suffix: bool = False


def matches(entity: str) -> tuple[Match, ...]:
    """What an entity is matched with, from the narrowest to the widest; the entity itself comes first."""
    kind, _, normal = entity.partition(":")
    if kind == "host":
        return _host(normal, "exact")
    if kind == "url":
        place = url_host(normal)
        return (Match(entity, "exact"), *(_host(place.normal, "host") if place.kind == "host" else (Match(place.entity, "host"),)))
    if kind == "email":
        return (Match(entity, "exact"), *_host(normal.rpartition("@")[2], "host"))
    return (Match(entity, "exact"),)


def lookup(store: Store, judge: Judge, query: str, readings: Sequence[Observable]) -> Answer:
    """The answer about `query`, which can be read as each of `readings` (the likeliest first).

    Where more than one reading is possible, the one that something is known about is answered, and the others are named. Raises BadInput
    where there is no reading.
    """
    if not readings:
        raise BadInput("this is nothing that can be looked up", todo="give a phone, an account, a wallet, a host, a URL or an e-mail")
    answers = [about(store, judge, query, entity) for entity in dict.fromkeys(each.entity for each in readings)]
    best = min(answers, key=lambda answer: 0 if answer.flagged else _RANK[answer.status])
    others = tuple(Reading(answer.entity, answer.status) for answer in answers if answer is not best)
    return msgspec.structs.replace(best, readings=others) if others else best


def about(store: Store, judge: Judge, query: str, entity: str) -> Answer:
    """The answer about one entity."""
    found = matches(entity)
    if len(found) == 1:
        held = {entity: store.facts(entity, at=judge.at)}
    else:
        held = dict(store.facts_many([each.entity for each in found], at=judge.at))
    return judge.answer(query, _matched(store, judge, found, held))


def about_many(store: Store, judge: Judge, asked: Iterable[tuple[str, str, tuple[Match, ...]]], held: Mapping[str, Held]) -> list[Answer]:
    """The answers for a column of (query, entity, matches), whose facts are held already; an entity not in `held` has none."""
    return [judge.answer(query, _matched(store, judge, found, held)) for query, _, found in asked]


def _matched(store: Store, judge: Judge, found: Sequence[Match], held: Mapping[str, Held]) -> list[Matched]:
    made = []
    for each in found:
        known = held.get(each.entity)
        if known is None:
            known = Held(each.entity, [], 0)
        tallies = store.tally(each.entity, at=judge.at) if known.cursor is not None else ()
        made.append(Matched(each.entity, each.relation, known, tallies, each.suffix))
    return made


def _host(name: str, relation: str) -> tuple[Match, ...]:
    try:
        above = parents(name)
    except BadInput:
        above = (name,)
    made = []
    for place, each in enumerate(above):
        how = relation if place == 0 else "www" if place == 1 and relation == "exact" and name == "www." + each else "parent"
        made.append(Match("host:" + each, how, suffixes().is_suffix(each)))
    return tuple(made)
