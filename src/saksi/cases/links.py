"""What a report shares with others: which may be the same, which hang together, and which may come from one hand.

Each candidate says in words what it rests on. What very many reports share says little: it is told once, counted and can be read whole, but
makes no candidates by itself. Nothing here is a judgement, and nothing is a score of a person.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from saksi.cases.flood import FLOOD, Flood, Stretches

__all__ = ["HUB", "Candidate", "Hub", "Linked", "Reason", "linked", "sharing"]

HUB = 100  # reports that share a thing: above that it is a hub
_KINDS = {"account": "account", "phone": "phone number", "wallet": "wallet", "handle": "handle", "url": "page", "email": "e-mail address"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two reports may belong together: `kind` is own, thing, reference or payment; `shared_by` counts the reports that share it."""

    kind: str
    words: str
    shared_by: int
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another report, how it stands on the board, and all that it shares; what fewest share comes first."""

    report: str
    state: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Hub:
    """A thing, or a payment, that very many reports share. `Board.sharing(entity)` gives all of those that name a thing."""

    entity: str | None
    reports: int
    words: str


@dataclass(frozen=True, slots=True)
class Linked:
    """What a report shares with others: the strongest candidate first, the rarest hub first."""

    report: str
    candidates: tuple[Candidate, ...]
    hubs: tuple[Hub, ...]
    floods: tuple[Flood, ...]


def linked(link: sqlite3.Connection, report: str, stretches: Stretches | None = None) -> Linked | None:
    """All that a report shares with others. With the same `stretches`, what the reports of one page have in common is read once."""
    row = link.execute("SELECT number, age, words FROM report WHERE id = ? AND age IS NOT NULL", (report,)).fetchone()
    if row is None:
        return None
    number, age, words = row
    things = link.execute(
        "SELECT t.number, entity, own, reports FROM naming JOIN thing t ON t.number = thing WHERE report = ? ORDER BY reports, entity",
        (number,),
    ).fetchall()
    shared: dict[int, list[Reason]] = {}
    hubs: list[Hub] = []
    large: list[tuple[int, Reason]] = []
    for thing, entity, own, count in things:
        reason = _of_thing(entity, bool(own), count)
        if count > HUB:
            hubs.append(Hub(entity, count, reason.words))
            large.append((thing, reason))
            continue
        for (other,) in link.execute("SELECT report FROM naming WHERE thing = ? AND report <> ?", (thing, number)):
            shared.setdefault(other, []).append(reason)
    hubs += _payments(link, number, shared)
    for thing, reason in large:  # of those that share something rarer it is told too
        for other, reasons in shared.items():
            if link.execute("SELECT 1 FROM naming WHERE thing = ? AND report = ?", (thing, other)).fetchone():
                reasons.append(reason)
    targets = [thing for thing in things if not thing[2] and thing[3] >= FLOOD]
    stretches = stretches or Stretches()
    floods = [stretches.flood(link, thing, entity, (number, age, words or b"")) for thing, entity, *_ in targets]
    return Linked(
        report,
        _ranked(link, shared),
        tuple(sorted(hubs, key=lambda hub: (hub.reports, hub.words))),
        tuple(flood for flood in floods if flood is not None),
    )


def sharing(link: sqlite3.Connection, entity: str, after: str, limit: int) -> list[str]:
    """All reports that name something, by id."""
    rows = link.execute(
        "SELECT r.id FROM thing t JOIN naming n ON n.thing = t.number JOIN report r ON r.number = n.report "
        "WHERE t.entity = ? AND r.id > ? ORDER BY r.id LIMIT ?",
        (entity, after, limit),
    )
    return [str(row[0]) for row in rows]


def _of_thing(entity: str, own: bool, count: int) -> Reason:
    kind = _KINDS.get(entity.partition(":")[0], "address")
    if count > HUB:
        return Reason("thing", f"the {kind} {entity} is shared by {count:,} reports: says little", count, entity)
    if own:
        return Reason("own", f"the same {kind} of the victim, {entity}: perhaps the same person", count, entity)
    return Reason("thing", f"both name the {kind} {entity}, as {_others(count)}", count, entity)


def _others(count: int) -> str:
    return "no other report does" if count <= 2 else f"{count - 2:,} more do"


def _payments(link: sqlite3.Connection, number: int, shared: dict[int, list[Reason]]) -> list[Hub]:
    """Equal payments: by the number of the bank or chain, else by amount, currency and day."""
    hubs = []
    for reference, day, amount, currency in link.execute(
        "SELECT DISTINCT reference, day, amount, currency FROM payment WHERE report = ? ORDER BY 1, 2, 3, 4", (number,)
    ).fetchall():
        asked: list[tuple[str, str, str, tuple[str, ...]]] = []
        if reference is not None:
            asked.append(("reference", f"the same payment, number {reference}", "reference = ?", (reference,)))
        if None not in {day, amount, currency}:
            words = f"a payment of {amount} {currency} on the same day, {day}"
            asked.append(("payment", words, "day = ? AND amount = ? AND currency = ?", (day, amount, currency)))
        for kind, words, where, values in asked:
            rows = link.execute(
                f"SELECT DISTINCT report FROM payment WHERE {where} LIMIT {HUB + 1}",  # noqa: S608 - our own words
                values,
            ).fetchall()
            if len(rows) > HUB:
                count = link.execute(f"SELECT count(DISTINCT report) FROM payment WHERE {where}", values).fetchone()[0]  # noqa: S608
                hubs.append(Hub(None, count, f"{words}: shared by {count:,} reports, says little"))
                continue
            for (other,) in rows:
                if other != number:
                    shared.setdefault(other, []).append(Reason(kind, f"{words}, as {_others(len(rows))}", len(rows)))
    return hubs


def _ranked(link: sqlite3.Connection, shared: dict[int, list[Reason]]) -> tuple[Candidate, ...]:
    """The strongest first: what few share weighs more than what many do, and several weigh more than one."""
    made = []
    for other, reasons in shared.items():
        row = link.execute("SELECT id, state FROM report WHERE number = ? AND age IS NOT NULL", (other,)).fetchone()
        if row is None:  # its record was withdrawn
            continue
        id_, state = row
        ordered = tuple(sorted(dict.fromkeys(reasons), key=lambda reason: (reason.shared_by, reason.words)))
        weight = sum(1 / reason.shared_by for reason in ordered)
        made.append((-weight, id_, Candidate(id_, state, ordered)))
    return tuple(candidate for _, _, candidate in sorted(made, key=lambda each: each[:2]))
