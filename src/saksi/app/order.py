"""A file to take in, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from saksi.formats.report_mapping import OWN, ReportMapping
from saksi.model import BadInput, Grade, Pap, Tlp
from saksi.sources.own import OwnList

__all__ = ["Order", "Taken"]


@dataclass(frozen=True, slots=True)
class Order:
    """A file to take in, and what its giver states; None leaves it to the source's own settings.

    `name` is how the file was called (the path may be a spool); `source` names a publisher of the catalogue, where it should not be
    guessed, and `own` says instead that it is a list of the desk's own; `mapping` maps other column sets of reports; `shrink` lets a list
    drop more than half of its values at once; `even_erased` is the reason to bring in again what was erased (None: it stays out). `by`
    names the key it came with, and `clearance` that key's: what stands under a stricter marking keeps it (None: the owner gives it).
    `amends` says that the giver may amend: an edition of a list does, for it takes out what left it, and safe values take out others.
    """

    path: Path
    name: str
    source: str | None = None
    mapping: ReportMapping = OWN
    grade: Grade | None = None
    tlp: Tlp | None = None
    pap: Pap | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    uri: str | None = None
    published: str | None = None
    analyst: str | None = None
    shrink: bool = False
    even_erased: str | None = None
    workers: int | None = None
    by: str = ""
    clearance: Tlp | None = None
    own: OwnList | None = None
    amends: bool = True

    def __post_init__(self) -> None:
        if self.own is not None and (self.source is not None or self.mapping is not OWN):
            raise BadInput(
                "a list of the desk's own has neither a known source nor a mapping",
                where=self.name,
                todo="leave out --list and --publisher, or --source and --mapping",
            )


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. `expired`, `reinstated` and `changed` count amendments; `erased` counts statements that were erased before and
    stay out; `warnings` are for the officer. `tlp` is the marking of what was taken, and `by` the key it came with.
    `stood` counts what stood already by the TLP it stands under, `gone` and `turned` likewise what expired and what was changed: not
    everybody is told of it.
    """

    id: str
    name: str
    source: str
    recognised: str
    taken_at: str
    digest: str
    rows: int
    taken: int
    duplicate: int
    rejected: int
    expired: int
    reinstated: int
    changed: int
    size: int
    warnings: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()
    erased: int = 0
    tlp: str = "RED"
    by: str = ""
    stood: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    turned: dict[str, int] = field(default_factory=dict)
