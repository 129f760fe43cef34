"""The originals under an evidence pack, and the records of how they came in and to whom they were handed over before."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from zlib import crc32

from saksi.app.packing_draft import Draft, Place, put
from saksi.ledger.batch import Kind
from saksi.ledger.commitment import GROUP_NAMES
from saksi.ledger.repeats import named
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
    closed, gone = _closed(made)
    for digest in sorted(made.sources):
        if digest in closed:
            made.keep("original", why="it says something that is not for this reader", marking=closed[digest])
            continue
        found = node.ledger.original(bytes.fromhex(digest))
        if found is None or digest in gone:
            made.keep("original", why="it is not kept here, or something that it says was erased")
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


def _closed(made: Draft) -> tuple[dict[str, Marking], set[str]]:
    """The originals that say something the reader may not see by the markings in force, with the strictest of them; and those that say what
    can be read no more. A file says what came from it and what it says again: of that it added nothing, and holds the words all the same.
    """
    ledger, views = made.node.ledger, made.node.views
    found, gone = defaultdict[str, list[Marking]](list), set[str]()
    waiting: list[tuple[set[str], Statement]] = []
    again = defaultdict[int, list[tuple[str, bytes]]](list)
    for digest, leaf, bits in ledger.said_again(made.sources):
        again[leaf].append((digest, bits))
    missing = set(again)

    def settle() -> None:
        places = views.known([said.id() for _, said in waiting])
        for (digests, said), place in zip(waiting, places, strict=True):
            marking = said.handling if place is None else views.handling(place.handling)
            if not release(marking, made.order.reader, on=made.day):
                for digest in digests:
                    found[digest].append(marking)
        waiting.clear()

    for block in ledger.read(kinds=frozenset({Kind.PRIVATE, Kind.PUBLIC, Kind.BATCH})):
        missing.discard(block.leaf)
        repeats = again.get(block.leaf, ())
        for index, payload in enumerate(block.payloads, block.first):
            digests = {digest for digest, bits in repeats if named(bits, index)}
            if payload is None:
                gone |= digests
                continue
            if (own := _source_of(payload)) is not None and own in made.sources:
                digests.add(own)
            if digests:
                waiting.append((digests, Statement.parse(payload)))
            if len(waiting) == _AT_ONCE:
                settle()
    settle()
    gone.update(digest for leaf in missing for digest, _ in again[leaf])
    return {digest: strictest(markings) for digest, markings in found.items()}, gone


def _source_of(payload: bytes) -> str | None:
    """The digest of the source of a canonical payload: `source` is its last group, and in it the digest comes first."""
    at = payload.rfind(b',"source":{"digest":"')
    return payload[at + 21 : at + 85].decode("ascii", "replace") if at >= 0 else None
