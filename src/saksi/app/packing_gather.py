"""What goes into an evidence pack: the steps of a request, what it rests on, what is said about a thing, and all that speaks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from saksi.actions.logged import step_of
from saksi.actions.pack import READS, About
from saksi.actions.pack_case import write_reads
from saksi.actions.pack_fair import in_favour
from saksi.actions.pack_zip import check_fits
from saksi.actions.step import Step
from saksi.app.amending import Amending
from saksi.app.packing_draft import Draft, Place, put
from saksi.ledger.batch import Kind
from saksi.ledger.commitment import GROUP_NAMES
from saksi.model import Amendment, Content, Marking, NotAllowed, NotFound, Op, Statement, parse_canonical, release
from saksi.observables.detect import detect
from saksi.views.fact import Fact, standing

__all__ = ["gather", "prove"]

_REQUEST = re.compile(r"[0-9a-f]{32}")
_STATEMENT = re.compile(r"[0-9a-f]{64}")
_LOOK = "check the reference; `saksi ask VALUE` and `saksi search TEXT` show what is on record"


def gather(made: Draft) -> None:
    """Find what belongs into the pack: each statement in `places` or counted as withheld, each step of a request in `steps`."""
    node, grounds = made.node, dict[str, str]()
    requests, entities, refs = list[str](), list[str](), list[str]()
    for what in made.order.what:
        kind, name = _kind(made, what)
        made.about.append(About(kind, name))
        {"request": requests, "entity": entities, "statement": refs}[kind].append(name)
    if (case := made.order.case) is not None:
        made.about.append(About("case", case.id))
        entities += case.entities
        grounds |= dict.fromkeys(case.refs, "ground") | dict.fromkeys(case.favour, "for")
        made.sources.update(case.documents)
    made.about = list(dict.fromkeys(made.about))
    for name, steps in _requests(node, set(requests)).items():
        made.steps[name] = [place for place, _ in steps]
        asked = next(step.asked for _, step in reversed(steps) if step.asked is not None)
        entities += [each.entity for each in asked.targets]
        grounds |= dict.fromkeys(asked.exculpatory, "for") | {each.ref: "ground" for each in asked.grounds}
    for request in requests:
        if request not in made.steps:
            raise NotFound("there is no such request in this ledger", where=request, todo="`saksi request list` shows those there are")
    own = {one.id for one in made.about if one.kind == "entity"} | set(() if case is None else case.entities)
    for ref, what in [*grounds.items(), *((ref, "statement") for ref in refs)]:
        entity = _named(made, ref, what)
        entities += [entity] if entity is not None else []
    wanted = {*grounds, *refs}
    for entity in dict.fromkeys(entities):
        _entity(made, entity, wanted=None if entity in own else wanted, grounds=grounds)


def _kind(made: Draft, what: str) -> tuple[str, str]:
    node = made.node
    digest = what.removeprefix(f"{node.config.origin}#")
    if _REQUEST.fullmatch(what):
        return "request", what
    if _STATEMENT.fullmatch(digest):
        return "statement", node.ledger.ref(bytes.fromhex(digest))
    if ":" in what and node.views.facts(what).total:
        return "entity", what
    return "entity", detect(what, country=made.order.country or node.config.country or None)[0].entity


def _requests(node: Amending, wanted: set[str]) -> dict[str, list[tuple[Place, Step]]]:
    found: dict[str, list[tuple[Place, Step]]] = {}
    if not wanted:
        return found
    for block in node.ledger.read(kinds=frozenset({Kind.REQUEST, Kind.RECEIPT})):
        step = step_of(block)
        if step is not None and step.request in wanted and block.payloads[0] is not None:
            handling = Marking.from_json(parse_canonical(block.payloads[0])["handling"])
            found.setdefault(step.request, []).append((Place(block.leaf, block.first, handling, "step"), step))
    return found


def _named(made: Draft, ref: str, what: str) -> str | None:
    """The entity that a statement named by its reference is about; None, and counted as withheld, where it cannot be shown."""
    node = made.node
    origin, _, digest = ref.rpartition("#")
    place = node.views.find_ref(bytes.fromhex(digest)) if origin == node.config.origin else None
    if place is None:
        if what == "statement":
            raise NotFound("there is no such statement in this ledger", where=ref, todo=_LOOK)
        made.keep(what, why="it stands in another ledger, or in none")
        return None
    payload = node.ledger.payload(*place)
    if payload is None:
        made.keep(what, why="it was erased")
        return None
    said = Statement.parse(payload).content
    return _named(made, said.target, what) if isinstance(said, Amendment) else said.entity


def _entity(made: Draft, entity: str, *, wanted: set[str] | None, grounds: dict[str, str]) -> None:
    """Take in what is said about an entity: all of it, or what was named (`wanted`) and all that speaks for it."""
    others = 0
    for fact in _facts(made.node, entity):
        ref = made.node.ledger.ref(fact.commitment)
        ours = in_favour(_content(fact))
        touched = {ref, *(made.node.ledger.ref(change.commitment) for change in fact.changes)}
        taken_back = any(in_favour(Amendment(Op(change.op), ref), target=ours) for change in fact.changes)
        if wanted is not None and not ours and not taken_back and wanted.isdisjoint(touched):
            others += 1
            continue
        marking = made.node.views.handling(standing(fact).handling)
        if not made.may(grounds.get(ref, "for" if ours else "statement"), marking):
            if taken_back and not ours:
                made.keep("for", why="it takes back what this reader may not see", marking=marking)
            continue
        if not all(change.commitment for change in fact.changes):
            todo = "`saksi serve` writes it as soon as it can; `saksi doctor` says what keeps it"
            raise NotAllowed("its withdrawal was asked for and is not written yet: a pack would say that it stands", where=ref, todo=todo)
        made.places[fact.leaf, fact.index] = Place(fact.leaf, fact.index, marking, "for" if ours else "statement")
        for change in fact.changes:
            role = "for" if in_favour(Amendment(Op(change.op), ref), target=ours) else "statement"
            handling = made.node.views.handling(change.handling)
            if made.may("for" if role == "for" else "amendment", handling):
                made.places[change.leaf, change.index] = Place(change.leaf, change.index, handling, role)
    if others:
        made.keep("statement", others, why="about the same thing, not asked for, and it does not speak for it")


def _prove_case(made: Draft) -> None:
    """The entries of the case, whole or not at all: a chain with a gap shows nothing."""
    case = made.order.case
    if case is None:
        return
    places = []
    for leaf, index in case.entries:
        payload = made.node.ledger.payload(leaf, index)
        if payload is None:
            made.keep("entry", len(case.entries), why="it was erased")
            return
        places.append(Place(leaf, index, Marking.from_json(parse_canonical(payload)["handling"]), "entry"))
    allowed = [made.may("entry", place.marking) for place in places]  # each that is not is counted
    if not all(allowed):
        return
    for number, place in enumerate(places, 1):
        put(made, f"entries/E{number:05}.json", place, GROUP_NAMES[:4])
    made.files[READS] = ("reads", write_reads(case.id, case.reads))


def _facts(node: Amending, entity: str) -> Iterator[Fact]:
    cursor: int | None = None
    while True:
        held = node.views.facts(entity, before=cursor)
        yield from held.facts
        cursor = held.cursor
        if cursor is None:
            return


def _content(fact: Fact) -> Content:
    return Content(fact.entity, fact.schema, fact.prop, fact.value, polarity=fact.polarity, op=Op(fact.op))


def prove(made: Draft) -> None:
    """Put a proof of each into the pack. Raises NotAllowed where a request, or all of it, is not for this reader."""
    for request, places in made.steps.items():
        if not all(release(place.marking, made.order.reader, on=made.day) for place in places):
            whom = made.order.reader.authority
            raise NotAllowed(
                f"the steps of this request may not be shown to {whom}", where=request, todo="its marking names who may see it"
            )
        for number, place in enumerate(places, 1):
            put(made, f"steps/{request}/R{number:05}.json", place, GROUP_NAMES)
    _prove_case(made)
    check_fits([("", 0)] * len(made.places))  # said before a proof is made of each
    for role, form in (("statement", "statements/S{:05}.json"), ("for", "for/F{:05}.json")):
        rest = [place for _, place in sorted(made.places.items()) if place.role == role]
        for number, place in enumerate(rest, 1):
            put(made, form.format(number), place, GROUP_NAMES[:4])
    if not made.files and not made.withheld:
        raise NotFound("nothing is recorded about it", where=", ".join(one.id for one in made.about), todo=_LOOK)
    if not made.files:
        todo = "its marking names who may see it"
        if made.groundless:
            todo = "its marking names no purpose or no legal ground: give both with `saksi amend relabel`"
        raise NotAllowed(f"there is nothing here that {made.order.reader.authority} may see", todo=todo)
