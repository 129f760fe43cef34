"""The originals under an evidence pack, and the records of how they came in and to whom they were handed over before."""

from __future__ import annotations

from hashlib import sha256
from zlib import crc32

from saksi.app.packing_draft import Draft, Place, put
from saksi.ledger.batch import Kind
from saksi.ledger.commitment import GROUP_NAMES
from saksi.model import BadInput, LedgerFault, Marking, Statement, parse_canonical, release, strictest

__all__ = ["take_notes", "take_originals"]

_MOST_ORIGINALS = 500  # named in the leaf that logs the pack
_AT_ONCE = 4096


def take_notes(made: Draft) -> None:
    """Take in the records of takes and of earlier packs; an original whose take is not for this reader is not either."""
    number = 0
    for block in made.node.ledger.read(kinds=frozenset({Kind.CONTROL})):
        payload = block.payloads[0]
        content = parse_canonical(payload)["content"] if payload is not None else {}
        if payload is None or not isinstance(content, dict):
            continue
        take, pack = content.get("take"), content.get("pack")
        digest = take.get("digest") if isinstance(take, dict) else None
        handed = pack.get("originals", ()) if isinstance(pack, dict) else ()
        about = made.sources & {each for each in (digest, *(handed if isinstance(handed, (list, tuple)) else ())) if isinstance(each, str)}
        if not about:
            continue
        marking = Marking.from_json(parse_canonical(payload)["handling"])
        if not made.may("note", marking):
            if digest is not None:
                made.sources -= about
                made.keep("original", why="the record of its take is not for this reader", marking=marking)
            continue
        number += 1
        put(made, f"notes/N{number:05}.json", Place(block.leaf, block.first, marking, "note"), GROUP_NAMES[:4])


def take_originals(made: Draft) -> None:
    """Name the originals that go in, with size and CRC; the others are counted as withheld."""
    node = made.node
    closed = _closed(made)
    for digest in sorted(made.sources):
        if digest in closed:
            made.keep("original", why="something rests on it that is not for this reader", marking=closed[digest])
            continue
        found = node.ledger.original(bytes.fromhex(digest))
        if found is None:
            made.keep("original", why="it is not kept here, or was erased")
            continue
        size = crc = 0
        again = sha256()
        for piece in found:
            size, crc = size + len(piece), crc32(piece, crc)
            again.update(piece)
        if again.hexdigest() != digest:
            raise LedgerFault("an original is not the one it is named after", where=digest, todo="run fsck")
        made.originals[digest] = (size, crc)
    if len(made.originals) > _MOST_ORIGINALS:
        raise BadInput(f"a pack holds at most {_MOST_ORIGINALS} originals, not {len(made.originals)}", todo="make several packs")


def _closed(made: Draft) -> dict[str, Marking]:
    """The originals on which something rests that the reader may not see, by the markings in force, with the strictest of them."""
    found: dict[str, list[Marking]] = {}
    waiting: list[tuple[str, Statement]] = []

    def settle() -> None:
        places = made.node.views.known([said.id() for _, said in waiting])
        for (digest, said), place in zip(waiting, places, strict=True):
            marking = said.handling if place is None else made.node.views.handling(place.handling)
            if not release(marking, made.order.reader, on=made.day):
                found.setdefault(digest, []).append(marking)
        waiting.clear()

    for block in made.node.ledger.read(kinds=frozenset({Kind.PRIVATE, Kind.PUBLIC, Kind.BATCH})):
        for payload in block.payloads:
            digest = _source_of(payload) if payload is not None else None
            if payload is None or digest not in made.sources or digest is None:
                continue
            waiting.append((digest, Statement.parse(payload)))
            if len(waiting) == _AT_ONCE:
                settle()
    settle()
    return {digest: strictest(markings) for digest, markings in found.items()}


def _source_of(payload: bytes) -> str | None:
    """The digest of the source of a canonical payload: `source` is its last group, and in it the digest comes first."""
    at = payload.rfind(b',"source":{"digest":"')
    return payload[at + 21 : at + 85].decode("ascii", "replace") if at >= 0 else None
