"""The chain of custody of an original: who collected it, how and when, under which digest, and every later touch that the ledger records.

What is asked for and named here follows the Berkeley Protocol on Digital Open Source Investigations (OHCHR and Human Rights Center, 2022,
HR/PUB/20/2), chapter VI, on collection and preservation: collector, address, time and hash at collection; custodians in order of time;
an evidentiary copy that nobody works on. The record is made from the proofs of the pack alone, so that whoever checks the pack makes it
again and compares.
"""

from __future__ import annotations

from collections.abc import Sequence

from saksi.actions.pack import Line, Manifest, dump
from saksi.actions.pack_exhibit import Exhibit
from saksi.model import Json, JsonObject

__all__ = ["custodies"]

_NOT_RECORDED = (
    "who looked at it inside the authority (the node's access log is not part of the ledger)",
    "backups and restores of the vault it is sealed in",
    "how it came to be before it was taken in, but for what its source group says",
)
_FROM = ("uri", "title", "publisher", "published", "series")


def custodies(manifest: Manifest, found: Sequence[Exhibit]) -> dict[str, bytes]:
    """The record of custody of each original of a pack, as one line of canonical JSON, by the name of its file."""
    resting: dict[str, list[Exhibit]] = {line.sha256: [] for line in manifest.of("original")}
    for one in sorted(found, key=lambda one: one.shown.leaf):
        for digest in _about(one):
            if digest in resting:
                resting[digest].append(one)
    return {f"custody/{line.sha256}.json": _custody(line, manifest, resting[line.sha256]) for line in manifest.of("original")}


def _about(one: Exhibit) -> set[str]:
    """The digests of the originals that a proof is about: of its source; of what was taken in, or handed over in an earlier pack."""
    if one.role != "note":
        return {_text(one.group("source").get("digest"))}
    take, pack = one.group("content").get("take"), one.group("content").get("pack")
    digests = pack.get("originals") if isinstance(pack, dict) else None
    return ({_text(take.get("digest"))} if isinstance(take, dict) else set()) | set(_texts(digests))


def _custody(line: Line, manifest: Manifest, about: Sequence[Exhibit]) -> bytes:
    takes = [one for one in about if one.role == "note" and "take" in one.group("content")]
    events: list[Json] = []
    if takes:
        events.append(_event("collected: taken in whole, its digest computed, sealed as it is", takes[0], sources=True))
        events += [_event("taken in again: the same bytes", one, sources=True) for one in takes[1:]]
    else:
        events.append({"what": "collected: the record of its take is withheld or was never made; the earliest statement on it follows"})
        events += [_event("named as a source", one, sources=True) for one in about if one.role != "note"][:1]
    for one in about:
        pack = one.group("content").get("pack")
        if one.role == "note" and isinstance(pack, dict):
            events.append({**_event(f"copied into the pack with manifest {pack.get('manifest')}", one), "to": _text(pack.get("for"))})
    events.append(
        {"at": manifest.made_at, "what": "read whole, and its digest found to be the same, for this pack", "who": manifest.origin}
    )
    rest: Sequence[Json] = [one.name for one in about if one.role != "note"]
    return dump(
        {
            "custodian": manifest.origin,
            "digest": line.sha256,
            "events": events,
            "not_recorded": list(_NOT_RECORDED),
            "rest_on_it": rest,
            "saksi": "custody/1",
            "size": line.size,
        }
    )


def _event(what: str, one: Exhibit, *, sources: bool = False) -> JsonObject:
    asserter = one.group("asserter")
    made: dict[str, Json] = {
        "at": _text(asserter.get("asserted_at")),
        "leaf": one.shown.leaf,
        "logged_at": one.logged_at,
        "proof": one.name,
        "what": what,
        "who": " / ".join(filter(None, (_text(asserter.get("authority")), _text(asserter.get("analyst"))))),
    }
    if sources:
        source = one.group("source")
        made["from"] = {name: _text(source[name]) for name in _FROM if name in source}
        made["digest"] = _text(source.get("digest"))
    return made


def _text(value: Json | None) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Json | None) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, (list, tuple)) else ()
