"""An answer laid out for a page: values side by side, each with the rows that say so. Pure; decides nothing that the answer leaves open."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

import msgspec

from saksi.model import Locator
from saksi.screen.answer import Answer, Part, RoleLine, SourceLine, StatementLine

__all__ = ["Group", "Row", "Side", "entity_path", "fields_of", "lay_out", "place_of", "text_of"]

_Key: TypeAlias = "tuple[int, str]"
_JUDGED = frozenset({"role", "safeListed"})


@dataclass(frozen=True, slots=True)
class Row:
    """One statement with its source and its place in words."""

    line: StatementLine
    source: SourceLine
    place: str
    digest: str


@dataclass(frozen=True, slots=True)
class Side:
    """One value as some say it, or deny it. `role` tells what a role means and whether it accuses or protects.

    `fields` are the parts of a record value, by name; empty for plain values.
    """

    text: str
    denied: bool
    role: RoleLine | None
    rows: tuple[Row, ...]
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """All that is said about one property of one thing: the sides stand next to each other. `contested` where they cannot all hold."""

    part: Part
    prop: str
    sides: tuple[Side, ...]
    contested: bool


def lay_out(answer: Answer, lines: Iterable[StatementLine]) -> tuple[Group, ...]:
    """Group statements by part and property, then by value and polarity, in the order of the answer."""
    sources = {source.n: source for source in answer.sources}
    roles = {(role.part, role.role): role for role in answer.roles}
    groups: dict[_Key, dict[tuple[str, bool], list[Row]]] = {}
    for line in lines:
        row = Row(line, sources[line.source], place_of(line.locator), line.ref.rpartition("#")[2])
        sides = groups.setdefault((line.part, line.prop), {})
        sides.setdefault((text_of(line.value), line.polarity == "deny"), []).append(row)
    made = []
    for (part, prop), sides in sorted(groups.items(), key=lambda each: (each[0][0], each[0][1] not in _JUDGED, each[0][1])):
        laid = tuple(
            Side(text, denied, roles.get((part, text)) if prop == "role" else None, tuple(rows), fields_of(rows[0].line.value))
            for (text, denied), rows in sides.items()
        )
        made.append(Group(answer.parts[part], prop, laid, _contested(answer.parts[part], prop, laid)))
    return tuple(made)


def _contested(part: Part, prop: str, sides: tuple[Side, ...]) -> bool:
    if prop in _JUDGED:
        return part.status == "contested"
    return len({side.text for side in sides if side.denied} & {side.text for side in sides if not side.denied}) > 0


def fields_of(value: object) -> tuple[tuple[str, str], ...]:
    """The parts of a record value, by name; nothing for plain values."""
    return tuple((name, text_of(part)) for name, part in sorted(value.items())) if isinstance(value, dict) else ()


def place_of(locator: msgspec.Raw | None) -> str:
    """A locator in words; empty where there is none."""
    if locator is None:
        return ""
    made = msgspec.json.decode(locator)
    return "" if made is None else str(Locator.from_json(made))


def text_of(value: object) -> str:
    """A value as it is shown: text as it is, yes or no, records as indented JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


def entity_path(entity: str) -> str:
    """The address of an entity's page."""
    path = "/e/" + quote(entity, safe=":@+")
    return path + "?as=page" if entity.endswith(".json") else path
