"""A case in an evidence pack: its entries, each after the one before, and who read it, as the authority's access log has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from saksi.actions.pack import READS, Manifest, dump, load
from saksi.actions.pack_exhibit import Exhibit
from saksi.model import Amendment, BadInput, Json, SaksiError, canonical
from saksi.model.fields import Fields

__all__ = ["Entered", "Filed", "Read", "filed", "write_reads"]

_FIRST = "0" * 64
_TAG = b"saksi/case1\0"  # as `saksi.cases.entry` has it: the rooms meet in the ledger alone
_NAMED = ("reports", "entities", "documents", "refs", "favour")


@dataclass(frozen=True, slots=True)
class Entered:
    """One entry of a case, with its proof."""

    proof: Exhibit
    record: Mapping[str, Json]

    def text(self, name: str) -> str:
        """A field of it, "" where it has none."""
        value = self.record.get(name)
        return value if isinstance(value, str) else ""

    def names(self, *kinds: str) -> tuple[str, ...]:
        """What it names."""
        found = (self.record.get(kind) for kind in kinds or _NAMED)
        return tuple(str(each) for part in found if isinstance(part, (list, tuple)) for each in part)


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody asked to read the case: when (UTC), who (pseudonym), in which role; refused or not. No leaf proves it."""

    at: str
    who: str
    role: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A case as a pack shows it."""

    id: str
    entries: tuple[Entered, ...]
    reads: tuple[Read, ...]


def filed(manifest: Manifest, found: Sequence[Exhibit], files: Mapping[str, bytes]) -> Filed | None:
    """The case of a pack; None where it is about none, or its entries are withheld. Raises BadInput, naming the file.

    Each entry 1. comes after the one before, in the ledger too, by its digest; 2. is about this case; 3. was recorded by whom it names, at
    the time it names. 4. Statements that it names are in the pack, or some of their sort are counted as withheld.
    """
    cases = [one.id for one in manifest.about if one.kind == "case"]
    lying = [one for one in found if one.role == "entry"]
    withheld = {one.what for one in manifest.withheld}
    if len(cases) > 1 or bool(lying) is not bool(cases and "entry" not in withheld) or bool(manifest.of("reads")) is not bool(lying):
        raise BadInput("the entries in the pack are not those of the case it is about", where="entries")
    if not lying:
        return None
    entries: list[Entered] = []
    after, leaf, here = _FIRST, -1, {one.shown.ref for one in found}
    for one in lying:
        try:
            made = _entered(one, cases[0])  # 2, 3
            if made.text("after") != after or one.shown.leaf <= leaf:  # 1
                raise BadInput("it does not come after the entry before it")
            for ref in made.names("refs", "favour"):  # 4
                if ref not in here and not withheld & {"statement", "for", "ground"}:
                    raise BadInput(f"it names {ref}, which is neither here nor counted as withheld")
        except SaksiError as fault:
            raise BadInput(fault.what, where=one.name) from fault
        after, leaf = sha256(_TAG + canonical(dict(made.record))).hexdigest(), one.shown.leaf
        entries.append(made)
    return Filed(cases[0], tuple(entries), _reads(files[READS], cases[0]))


def _entered(one: Exhibit, case: str) -> Entered:
    said = one.statement
    if said is None or isinstance(said.content, Amendment) or (said.content.schema, said.content.prop) != ("Case", "record"):
        raise BadInput("it is no entry of a case")
    record = said.content.value
    if not isinstance(record, dict) or said.content.entity != f"case:{case}" or record.get("case") != case:
        raise BadInput("it is an entry of another case")
    if (record.get("person"), record.get("at")) != (said.asserter.analyst, said.asserter.asserted_at):
        raise BadInput("it was recorded by another, or at another time, than it says")
    return Entered(one, record)


def write_reads(case: str, reads: Sequence[Read]) -> bytes:
    """The file that says who read a case."""
    return dump({"case": case, "reads": [{"at": one.at, "role": one.role, "who": one.who} for one in reads], "saksi": "reads/1"})


def _reads(data: bytes, case: str) -> tuple[Read, ...]:
    fields = Fields(load(data, "reads/1", READS), where=READS)
    lines = fields.any("reads")
    made = []
    for line in lines if isinstance(lines, list) else []:
        part = Fields(line, where=READS)
        made.append(Read(part.text("at"), part.text("who"), part.text("role")))
        part.done()
    if fields.text("case") != case or write_reads(case, made) != data:
        raise BadInput("the file of who read the case is not as it is written", where=READS)
    return tuple(made)
