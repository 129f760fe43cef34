"""The proofs in a pack, read and checked: statements, entries of cases, steps of requests folded by the rules, records of takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from saksi.actions.advance import begun, taken
from saksi.actions.history import History
from saksi.actions.logged import entry_of
from saksi.actions.pack import Line, Manifest
from saksi.actions.pack_fair import in_favour
from saksi.actions.step import Step
from saksi.ledger.batch import Kind
from saksi.ledger.bundle import VerifiedStatement, verify_bundle
from saksi.ledger.commitment import GROUP_NAMES
from saksi.ledger.note import VKey
from saksi.ledger.reading import whole
from saksi.model import Amendment, BadInput, Json, Marking, SaksiError, Statement, parse_canonical
from saksi.model.moment import moment

__all__ = ["Exhibit", "Told", "check_places", "exhibits", "told"]

_SKEW = timedelta(minutes=10)  # how far the clock of whoever takes a step may be ahead of the ledger's
_LAST = 253_402_300_799_999  # ms since 1970: the end of the year 9999
_PLAIN = frozenset({Kind.PRIVATE, Kind.PUBLIC, Kind.BATCH})
_KINDS = {
    "statement": _PLAIN,
    "for": _PLAIN,
    "step": frozenset({Kind.REQUEST, Kind.RECEIPT}),
    "note": frozenset({Kind.CONTROL}),
    "entry": frozenset({Kind.PRIVATE}),
}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One proof of a pack: the file it is in, what it proves, and the statement (None for a record of a take or a pack)."""

    name: str
    role: str
    shown: VerifiedStatement
    statement: Statement | None = field(repr=False)

    @property
    def label(self) -> str:
        """How people call it: S1, F2, R3."""
        plain = self.name.rpartition("/")[2].partition(".")[0]
        return re.sub(r"^([A-Z])0+", r"\1", plain)

    @property
    def logged_at(self) -> str:
        """When the ledger says that it was logged (UTC)."""
        return f"{datetime.fromtimestamp(self.shown.time_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def group(self, name: str) -> dict[str, Json]:
        """One group of it as an object."""
        return parse_canonical(self.shown.groups[name])


@dataclass(frozen=True, slots=True)
class Told:
    """A request as its steps tell it: each step with its proof, in order, and where it stands after the last."""

    history: History
    steps: tuple[tuple[Exhibit, Step], ...]


def exhibits(manifest: Manifest, files: Mapping[str, bytes], vkeys: Sequence[VKey]) -> tuple[Exhibit, ...]:
    """Check every proof in a pack. Raises BadInput, naming the file.

    Each 1. holds under the key; 2. leads to the one checkpoint that the manifest names; 3. is of the kind its place says; 4. is whole;
    5. is there once.
    """
    made: list[Exhibit] = []
    seen: dict[str, str] = {}
    for line in manifest.files:
        if line.role not in _KINDS:
            continue
        try:
            one = _exhibit(line, files, vkeys)
            point = one.shown.checkpoint.checkpoint
            if (point.origin, point.size, point.root.hex()) != (manifest.origin, manifest.size, manifest.root):
                raise BadInput("it leads to another checkpoint than the pack's")
            if one.shown.ref in seen:
                raise BadInput(f"it proves what {seen[one.shown.ref]} proves already")
        except SaksiError as fault:
            raise BadInput(fault.what, where=line.name + (f", {fault.where}" if fault.where else ""), todo=fault.todo) from fault
        seen[one.shown.ref] = line.name
        made.append(one)
    return tuple(made)


def _exhibit(line: Line, files: Mapping[str, bytes], vkeys: Sequence[VKey]) -> Exhibit:
    shown = verify_bundle(files[line.name], vkeys)
    if shown.kind not in _KINDS[line.role]:
        raise BadInput(f"a leaf of kind {shown.kind.name} is no {line.role}")
    if shown.hidden:
        raise BadInput(f"a pack shows a statement whole, and here is no {shown.hidden[0]}")
    if shown.time_ms > _LAST:
        raise BadInput("its leaf claims a time beyond the year 9999")
    groups = tuple(shown.groups[name] for name in GROUP_NAMES[:4])
    return Exhibit(line.name, line.role, shown, None if line.role == "note" else Statement.parse(whole(groups)))


def check_places(found: Sequence[Exhibit]) -> None:
    """Refuse a pack that puts what speaks for the person anywhere but in its place, or an amendment without what it amends."""
    lies = {one.shown.ref: one.role for one in found}
    for one in found:
        said = one.statement.content if one.statement is not None and one.role not in {"step", "entry"} else None
        if said is None:
            continue
        target = said.target if isinstance(said, Amendment) else ""
        if target and target not in lies:
            raise BadInput("it amends a statement that is not in the pack", where=one.name)
        if in_favour(said, target=lies.get(target) == "for") is not (one.role == "for"):
            raise BadInput("what speaks for the person lies under for/, and nothing else does", where=one.name)


def told(manifest: Manifest, found: Sequence[Exhibit]) -> tuple[Told, ...]:
    """The requests of a pack, folded step by step by the rules. Raises BadInput, naming the file, where a step breaks one.

    Each step 1. comes after the one before, in the ledger too; 2. is allowed; 3. is logged as it would be logged again: its words, header,
    kind and tag; 4. is not dated later than it was logged. 5. What the request rests on, and what it says speaks for the holder, is in the
    pack or counted as withheld.
    """
    by_request: dict[str, list[Exhibit]] = {}
    for one in found:
        if one.role == "step":
            by_request.setdefault(one.name.split("/")[1], []).append(one)
    asked = [one.id for one in manifest.about if one.kind == "request"]
    if sorted(asked) != sorted(by_request):
        raise BadInput("the steps in the pack are not those of the requests it is about", where="steps")
    made = tuple(_told(request, by_request[request], manifest.origin) for request in asked)
    here = {one.shown.ref for one in found}
    out = {one.what for one in manifest.withheld}
    for each in made:
        request = each.history.request
        grounds = {ground.ref for ground in request.grounds}
        for ref in (*sorted(grounds), *request.exculpatory):
            if ref not in here and ("ground" if ref in grounds else "for") not in out:
                raise BadInput(f"the request names {ref}, which is neither here nor counted as withheld", where=f"steps/{request.id}")
    return made


def _told(request: str, found: Sequence[Exhibit], origin: str) -> Told:
    have: History | None = None
    steps: list[tuple[Exhibit, Step]] = []
    leaf = -1
    for one in found:
        try:
            if one.shown.leaf <= leaf:
                raise BadInput("it was logged before the step before it")  # 1
            if one.statement is None or isinstance(one.statement.content, Amendment):
                raise BadInput("it is no step of a request")
            step = Step.from_json(one.statement.content.value)
            if step.request != request:
                raise BadInput("it is a step of another request")
            have = begun(step, step.actor) if have is None else taken(have, step, step.actor)  # 2
            _as_logged(one, step, have, origin=origin)  # 3
            if moment(step.at, "at") > datetime.fromtimestamp(one.shown.time_ms / 1000, UTC) + _SKEW:  # 4
                raise BadInput(f"it is dated {step.at}, and was logged at {one.logged_at}, before that")
        except SaksiError as fault:
            raise BadInput(f"the history breaks a rule: {fault.what}", where=one.name, todo=fault.todo) from fault
        leaf = one.shown.leaf
        steps.append((one, step))
    if have is None:
        raise BadInput("a request has at least one step", where=f"steps/{request}")
    return Told(have, tuple(steps))


def _as_logged(one: Exhibit, step: Step, have: History, *, origin: str) -> None:
    authority = origin.partition("/")[0]
    again = entry_of(step, have, authority=authority, handling=Marking.from_json(one.group("handling")), subject=b"")
    if (again.kind, again.extra) != (one.shown.kind, one.shown.extra):
        raise BadInput("its leaf bears another kind or tag than the step would")
    for name, group in zip(GROUP_NAMES, again.groups, strict=True):
        if one.shown.groups[name] != group:
            raise BadInput(f"its {name} is not the one that this step would be logged with")
