"""Makes an evidence pack for one reader: what they may see, what speaks for the person, and how much of what is withheld.

Order of a pack: 1. what it is about, and which statements that takes in; 2. what the reader may see of it, by the markings in force; 3. the
originals under it, where the reader may see everything that they say; 4. custody, page and manifest, checked as a reader will; 5. the
manifest's digest in the ledger; 6. the file, written beside its place; 7. the whole checked once more, and only then put there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from saksi.actions.pack import BESIDE, CONSISTENCY, FEW, LOGGED, MANIFEST, Line, Manifest, Withheld, dump
from saksi.actions.pack_case import filed
from saksi.actions.pack_custody import custodies
from saksi.actions.pack_exhibit import check_places, exhibits, told
from saksi.actions.pack_page import Outline, page
from saksi.actions.pack_zip import PIECE, Member, check_fits, write_members
from saksi.actions.verify_pack import Report, checked, write_keys
from saksi.app.amending import Amending
from saksi.app.home import now_text, today
from saksi.app.packing_draft import Draft, Order
from saksi.app.packing_gather import gather, prove
from saksi.app.packing_originals import take_notes, take_originals
from saksi.ledger.batch import Kind
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.core import Entry
from saksi.ledger.disk import FAILED, FULL, DiskFailed, DiskFull
from saksi.ledger.note import parse_note, parse_vkey
from saksi.ledger.wire import write_base64
from saksi.model import Asserter, BadInput, LedgerFault, Marking, NotAllowed, SaksiError, Source, Tlp, canonical, release, strictest

__all__ = ["Order", "Packed", "write_pack"]

_SPARE = 32_000_000  # room for what is written beside the manifest's files


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack that was made: its manifest, the digest that was logged and at which leaf, the file's length, what a check of it said."""

    manifest: Manifest
    digest: str
    leaf: int
    length: int
    report: Report


def write_pack(node: Amending, order: Order, out: Path) -> Packed:
    """Make a pack at `out`. Raises NotAllowed where the reader may see nothing of it, BadInput where there is no such thing.

    Nothing stands at `out` unless the pack that does was logged and holds.
    """
    if out.exists():
        raise BadInput("there is a file already", where=str(out), todo="choose another name: a pack that was logged is not written over")
    _ = node.withheld  # what waits to be withdrawn is known, or nothing is handed over
    made = Draft(node, order, today())
    with node.ledger.core.turn:  # one checkpoint for all proofs, and nothing between it and the leaf that logs the pack
        node.views.fold(node.ledger)
        gather(made)  # 1, 2
        prove(made)
        take_notes(made)
        if order.originals:
            take_originals(made)  # 3
        elif made.sources:
            made.keep("original", len(made.sources), why="originals were not asked for")
        manifest, small = _finish(made)  # 4
        leaf = _log(made, manifest, small)  # 5
    report, length = _write(made, small, out)  # 6, 7
    node.views.fold(node.ledger)
    return Packed(manifest, sha256(manifest.write()).hexdigest(), leaf, length, report)


def _finish(made: Draft) -> tuple[Manifest, dict[str, bytes]]:
    node = made.node
    note = node.ledger.checkpoint()
    point = parse_checkpoint(parse_note(note).text)
    keys = tuple(one.write() for one in node.ledger.vkeys)
    made.files["key.txt"] = ("key", write_keys(keys, node.config.origin))
    made.files["checkpoint.txt"] = ("checkpoint", note)
    made.files["index.html"] = ("page", b"")
    first = Manifest(
        origin=node.config.origin,
        made_at=now_text(),
        size=point.size,
        root=point.root.hex(),
        about=tuple(made.about),
        reader=made.order.reader,
        marking=_marking(made),
        files=_lines(made),
        withheld=_withheld(made.withheld),
        synthetic=made.synthetic,
    )
    small = {name: data for name, (_, data) in made.files.items()}
    found = exhibits(first, small, [parse_vkey(key) for key in keys])
    check_places(found)
    requests = told(first, found)
    custody = custodies(first, found)
    made.files |= {name: ("custody", data) for name, data in custody.items()}
    case = filed(first, found, small)
    outline = Outline(replace(first, files=_lines(made)), keys, found, requests, custody, case)
    made.files["index.html"] = ("page", page(outline))
    if made.order.paper is not None:
        made.files["paper.pdf"] = ("paper", made.order.paper(outline))
    manifest = replace(first, files=_lines(made))
    check_fits([*((one.name, one.size) for one in manifest.files), *((name, _SPARE) for name in BESIDE)])  # before anything is logged
    return manifest, {**{name: data for name, (_, data) in made.files.items()}, MANIFEST: manifest.write()}


def _marking(made: Draft) -> Marking:
    """The marking of the whole, and of the leaf that logs it: as strict as the strictest part, for this reader alone."""
    parts, config, reader = strictest(made.markings), made.node.config, made.order.reader
    purpose, basis = parts.purpose or config.purpose or None, parts.legal_basis or config.legal_basis or None
    audience = (reader.authority,) if parts.tlp.rank >= Tlp.AMBER.rank else ()
    marking = Marking(parts.tlp, parts.pap, audience, purpose, basis)
    if not reader.home and not release(marking, reader, on=made.day):
        raise NotAllowed(
            "a pack leaves for a purpose and on a legal basis, and this one has none",
            todo="set purpose and legal_basis in the node's settings",
        )
    return marking


def _lines(made: Draft) -> tuple[Line, ...]:
    small = [Line(name, len(data), sha256(data).hexdigest(), role) for name, (role, data) in made.files.items()]
    large = [Line(f"originals/{digest}", size, digest, "original") for digest, (size, _) in made.originals.items()]
    return tuple(sorted([*small, *large], key=lambda one: one.name))


def _withheld(counts: Counter[tuple[str, str, str]]) -> tuple[Withheld, ...]:
    return tuple(Withheld(what, why, mark, str(count) if count >= 5 else FEW) for (what, why, mark), count in sorted(counts.items()))


def _log(made: Draft, manifest: Manifest, small: dict[str, bytes]) -> int:
    node = made.node
    asserter = Asserter(node.config.authority, manifest.made_at, made.order.analyst)
    source = Source(title="An evidence pack was made", publisher=node.config.authority)
    groups = (canonical(manifest.to_log()), *(canonical(part.to_json()) for part in (source, asserter, manifest.marking)))
    leaf = node.ledger.append_entries([Entry(Kind.CONTROL, groups)]).appended.first
    small[LOGGED] = node.ledger.prove(leaf, 0)
    point = verify_bundle(small[LOGGED], node.ledger.vkeys).checkpoint.checkpoint
    path = [write_base64(each) for each in node.ledger.log.consistency(manifest.size, point.size)]
    small[CONSISTENCY] = dump({"path": path, "saksi": "consistency/1"})
    return leaf


def _write(made: Draft, small: dict[str, bytes], out: Path) -> tuple[Report, int]:
    node = made.node
    files: list[tuple[Member, Iterator[bytes]]] = [(Member(name, len(data), crc32(data)), _cut(data)) for name, data in small.items()]
    for digest, (size, crc) in made.originals.items():
        files.append((Member(f"originals/{digest}", size, crc), node.ledger.original(bytes.fromhex(digest)) or iter(())))
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600, exist_ok=False)
        with beside.open("r+b") as file:
            write_members(file.write, files)
            file.flush()
            os.fsync(file.fileno())
            report = checked(file, node.ledger.vkeys)
            length = file.seek(0, 2)
        if report.code != 0:
            bad = next(one for one in report.findings if one.state != "ok")
            raise LedgerFault(f"the pack does not hold: {bad.said}", where=bad.where, todo="run fsck; nothing was handed over")
        beside.replace(out)
    except OSError as fault:
        raise _unwritten(fault, out) from fault
    finally:
        beside.unlink(missing_ok=True)
    return report, length


def _unwritten(fault: OSError, out: Path) -> SaksiError:
    """Why there is no pack: it was logged, and nothing of it is left."""
    again = "make the pack again; the one that was logged and not written harms nobody"
    if fault.errno in FULL:
        return DiskFull("the disk is full: the pack is not written", where=str(out), todo=f"make room, or name another disk, and {again}")
    if fault.errno in FAILED:
        what = f"the disk failed: {fault.strerror}; the pack is not written"
        return DiskFailed(what, where=str(out), todo=f"name another disk, and {again}")
    return BadInput(f"the pack cannot be written: {fault.strerror}", where=str(out), todo=f"name another place, and {again}")


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[at : at + PIECE] for at in range(0, len(data), PIECE))
