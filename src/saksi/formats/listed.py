"""What a list says of each of its values: normalised, then given the list's own words (a role, a kind of safe-listing, a tag)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from saksi.formats.batch import Chunk, Rejected
from saksi.formats.gather import Gather, Said, nfc
from saksi.formats.normal import SCHEMA_OF, normalise, patterns
from saksi.formats.reader import Given, Job, rejected
from saksi.model.errors import BadInput
from saksi.model.vocabulary import ACCUSING_ROLES, ROLES, SAFE_KINDS
from saksi.observables.column import Column
from saksi.observables.network import unaccusable

__all__ = ["Says", "check_says", "tell_listed"]


@dataclass(frozen=True, slots=True)
class Says:
    """What being on the list means: properties with their values, the kinds its values can be (tried in this order), a country.

    The cells of a job are `value` and, where the list has them, `original` (as found), `since` (a date), `label`, `hint` (chain, bank or
    network) and `country`.
    """

    kinds: tuple[str, ...]
    props: tuple[tuple[str, str], ...]
    country: str | None = None

    @property
    def accuses(self) -> bool:
        """Whether its values are held against somebody."""
        return any(prop == "role" and value in ACCUSING_ROLES for prop, value in self.props)


def check_says(says: Says) -> None:
    """Refuse settings that the vocabulary does not know."""
    for kind in says.kinds:
        if kind not in SCHEMA_OF:
            raise BadInput(f"unknown kind {kind!r}", todo=f"one of {', '.join(SCHEMA_OF)}")
    allowed: Mapping[str, Mapping[str, str]] = {"role": ROLES, "safeListed": SAFE_KINDS}
    for prop, value in says.props:
        if prop in allowed and value not in allowed[prop]:
            raise BadInput(f"{prop} is one of {', '.join(allowed[prop])}, not {value!r}")
    if not says.kinds or not says.props:
        raise BadInput("a list names at least one kind of value and one thing that it says of them")


def tell_listed(given: Given, job: Job, says: Says, faults: Sequence[Rejected] = ()) -> Chunk:
    """The statements of one job of a list."""
    missed = [*job.rejected, *faults]
    at = {name: place for place, name in enumerate(job.heading)}
    texts = [row[at["value"]].strip() for row in job.rows]
    hints = [row[at["hint"]].strip() or None for row in job.rows] if "hint" in at else None
    countries = [row[at["country"]].strip() or says.country for row in job.rows] if "country" in at else [says.country] * len(texts)
    column = _column(texts, says, countries, hints)
    kept = []
    for place, entity in enumerate(column.entities):
        if entity is None:
            missed.append(rejected(job.locator(place), column.reasons[place] or "", texts[place]))
        else:
            kept.append(place)
    gather = Gather(given)
    entities = [column.entities[place] or "" for place in kept]
    first = Said(
        schema=[SCHEMA_OF[entity.partition(":")[0]] for entity in entities],
        prop="",
        entity=entities,
        value="",
        row=None if job.place is not None else [job.numbers[place] for place in kept],
        pointer=None if job.place is None else [f"{job.place}/{job.numbers[place]}" for place in kept],
        original=[nfc(job.rows[place][at.get("original", at["value"])]) for place in kept],
        valid_from=[job.rows[place][at["since"]] or None for place in kept] if "since" in at else None,
    )
    for number, (prop, value) in enumerate(says.props):
        gather.say(replace(first, prop=prop, value=value, original=first.original if number == 0 else None))
    if "label" in at:
        labels = [nfc(job.rows[place][at["label"]].strip()) for place in kept]
        _labels(gather, first, labels)
    return Chunk(gather.batch(), tuple(missed), job.counted)


def _labels(gather: Gather, first: Said, labels: list[str]) -> None:
    """The names that the source gives, where it gives one."""
    at = [place for place, label in enumerate(labels) if label]
    gather.say(
        Said(
            schema=[first.schema[place] for place in at],
            prop="label",
            entity=[first.entity[place] for place in at],
            value=[labels[place] for place in at],
            row=None if first.row is None else [first.row[place] for place in at],
            pointer=None if first.pointer is None else [first.pointer[place] for place in at],
        )
    )


def _column(texts: list[str], says: Says, countries: list[str | None], hints: list[str | None] | None) -> Column:
    """Each value as the first kind that it can be; where it can be none, the first kind's reason stays.

    No address, network or page on an address is accused that is not one party's.
    """
    entities: list[str | None] = [None] * len(texts)
    reasons: list[str | None] = [None] * len(texts)
    open_rows = list(range(len(texts)))
    for kind in says.kinds:
        asked = [texts[row] for row in open_rows]
        if kind == "host":
            column = patterns(asked)
        else:
            places = [countries[row] for row in open_rows]
            column = normalise(kind, asked, places, None if hints is None else [hints[row] for row in open_rows])
        for place, row in enumerate(open_rows):
            entities[row] = column.entities[place]
            reasons[row] = None if entities[row] else reasons[row] or column.reasons[place]
        open_rows = [row for row in open_rows if entities[row] is None]
        if not open_rows:
            break
    if says.accuses and not {"ip", "network", "url"}.isdisjoint(says.kinds):
        spared = [None if entity is None else unaccusable(entity) for entity in entities]
        entities = [None if why else entity for entity, why in zip(entities, spared, strict=True)]
        reasons = [why or reason for reason, why in zip(reasons, spared, strict=True)]
    return Column(entities, reasons)
