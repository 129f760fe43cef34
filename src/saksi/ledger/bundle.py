"""A proof of one statement in one file: whoever holds it and the log's key can check it, with no database and no network.

JSON in canonical form:

    saksi    "proof/1"
    origin   the log's name            ref     origin "#" commitment in hex
    leaf     the log's entry, base64   log     a C2SP tlog-proof, as text
    groups   name -> {"is": canonical JSON as text, "secret": s_i base64} where it is shown, {"hash": h_i base64} where it is not
    batch    {"index", "count", "root", "path"}, where the leaf is a batch

What is hidden stays hidden: the secrets of other groups and of other statements are not in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saksi.ledger.batch import Kind, Leaf, check_batch_path
from saksi.ledger.commitment import GROUP_NAMES, Disclosure
from saksi.ledger.note import VKey
from saksi.ledger.policy import Policy
from saksi.ledger.tlogproof import TlogProof, parse_proof
from saksi.ledger.verify import VerifiedCheckpoint, verify_proof
from saksi.ledger.wire import parse_base64, write_base64
from saksi.model.canonical import Json, JsonObject, parse_canonical
from saksi.model.errors import BadInput, Unproved
from saksi.model.fields import Fields

__all__ = ["BatchPlace", "Shown", "VerifiedStatement", "verify_bundle", "write_bundle"]

_VERSION = "proof/1"
_MAX_BUNDLE = 4_000_000
_NONE = "give the file that `saksi prove` wrote; it is not the statement itself, nor a checkpoint (that is `--checkpoint`)"
_CHANGED = "its words may have been changed: ask whoever gave it to you for the file as it was written"


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """Where a statement stands in its batch: its index, the number of statements, the batch's root and the path to it."""

    index: int
    count: int
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement opened in part, with its leaf, its place in the batch (None where the leaf is the statement) and the log's proof."""

    origin: str
    leaf: Leaf
    disclosure: Disclosure
    batch: BatchPlace | None
    proof: TlogProof


@dataclass(frozen=True, slots=True)
class VerifiedStatement:
    """What a proof proves: these groups, word for word, were logged under `ref` at the leaf `index` no later than the checkpoint says.

    `groups` holds the canonical bytes of what is shown, by name; `hidden` names what is not. `time_ms` is the author's claim; what
    counts is the time of the witnesses in `checkpoint`. `extra` is what the leaf bears after its commitment: the tag of a step.
    """

    ref: str
    groups: Mapping[str, bytes]
    hidden: tuple[str, ...]
    kind: Kind
    leaf: int
    time_ms: int
    checkpoint: VerifiedCheckpoint
    extra: bytes = b""


def write_bundle(shown: Shown) -> bytes:
    """The proof file's bytes, ended by a newline."""
    disclosure = shown.disclosure
    groups: dict[str, Json] = {}
    for place in range(disclosure.count):
        if place in disclosure.shown:
            group, secret = disclosure.shown[place]
            groups[GROUP_NAMES[place]] = {"is": group.decode(), "secret": write_base64(secret)}
        else:
            groups[GROUP_NAMES[place]] = {"hash": write_base64(disclosure.hidden[place])}
    made: dict[str, Json] = {
        "groups": groups,
        "leaf": write_base64(shown.leaf.to_bytes()),
        "log": shown.proof.write().decode(),
        "origin": shown.origin,
        "ref": f"{shown.origin}#{disclosure.commitment().hex()}",
        "saksi": _VERSION,
    }
    if shown.batch is not None:
        place_ = shown.batch
        path: Sequence[Json] = [write_base64(each) for each in place_.path]
        made["batch"] = {"count": place_.count, "index": place_.index, "path": path, "root": write_base64(place_.root)}
    return _dump(made)


def verify_bundle(data: bytes, vkeys: Sequence[VKey], *, policy: Policy | None = None) -> VerifiedStatement:
    """Check a proof file with the log's key (and, where given, a quorum of witnesses).

    Raises BadInput where it is no proof file, Unproved where anything in it does not hold.

    Steps: 1. its form; 2. shown and hidden groups lead to the commitment; 3. the commitment leads to the leaf, through the batch where
    there is one; 4. the leaf leads to a checkpoint that the log has signed; 5. the names in it are those of that log.
    """
    fields = _parse(data)  # 1
    try:
        return _verified(fields, vkeys, policy)
    except BadInput as fault:  # a proof that somebody has cut about is refused like any other that was changed
        raise Unproved(fault.what, where=fault.where, todo=fault.todo or _CHANGED) from fault


def _verified(fields: Fields, vkeys: Sequence[VKey], policy: Policy | None) -> VerifiedStatement:
    origin, ref = fields.text("origin"), fields.text("ref")
    leaf = Leaf.parse(parse_base64(fields.text("leaf"), "the leaf"))
    proof = parse_proof(fields.text("log").encode())
    disclosure = _disclosure(fields.any("groups"))
    batch = fields.maybe_object("batch")
    fields.done()
    if disclosure.count != (5 if leaf.kind.has_header else 4):
        raise BadInput(f"a leaf of kind {leaf.kind.name} does not have statements of {disclosure.count} groups")
    commitment = disclosure.commitment()  # 2
    if (leaf.kind is Kind.BATCH) != (batch is not None):
        raise BadInput("a place in a batch is given exactly where the leaf is a batch")
    if batch is None:  # 3
        if commitment != leaf.commitment:
            raise BadInput("the groups do not lead to the commitment of the leaf: something in them was changed", todo=_CHANGED)
    else:
        place = _batch(batch)
        where = (place.index, place.count)
        check_batch_path(commitment, where, path=place.path, root=place.root, batch=leaf.commitment)
    checkpoint = verify_proof(proof, leaf.to_bytes(), vkeys, policy=policy)  # 4
    if checkpoint.checkpoint.origin != origin or ref != f"{origin}#{commitment.hex()}":  # 5
        raise Unproved("the proof bears another name than what it proves", todo=_CHANGED)
    return VerifiedStatement(
        ref=ref,
        groups={GROUP_NAMES[place]: group for place, (group, _) in disclosure.shown.items()},
        hidden=tuple(GROUP_NAMES[place] for place in sorted(disclosure.hidden)),
        kind=leaf.kind,
        leaf=proof.index,
        time_ms=leaf.time_ms,
        checkpoint=checkpoint,
        extra=leaf.extra,
    )


def _dump(value: JsonObject) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def _parse(data: bytes) -> Fields:
    if len(data) > _MAX_BUNDLE or not data.endswith(b"\n"):
        raise BadInput("a proof file is one line of JSON, ended by a newline", todo=_NONE)
    try:
        value = json.loads(data)
        written = _dump(value)
    except (ValueError, RecursionError) as error:  # also numbers and characters that have no canonical form
        raise BadInput("a proof file is one line of JSON, ended by a newline", todo=_NONE) from error
    if not isinstance(value, dict) or written != data:
        raise BadInput("the proof file is not in canonical form", todo=_CHANGED)
    fields = Fields(value, where="")
    version = fields.text("saksi")
    if version != _VERSION:
        raise BadInput(f"a proof of version {version[:20]!r} cannot be checked", todo="use a newer version of Saksi")
    return fields


def _disclosure(value: Json) -> Disclosure:
    groups = Fields(value, where="/groups")
    if not isinstance(value, dict) or set(value) not in ({*GROUP_NAMES[:4]}, {*GROUP_NAMES}):
        raise BadInput("a proof names each group once", where="/groups")
    shown: dict[int, tuple[bytes, bytes]] = {}
    hidden: dict[int, bytes] = {}
    for place, name in enumerate(GROUP_NAMES[: len(value)]):
        part = Fields(groups.any(name), where=f"/groups/{name}")
        text = part.maybe_text("is")
        if text is None:
            hidden[place] = parse_base64(part.text("hash"), "the hash of a group")
        else:
            group = text.encode()
            parse_canonical(group)
            shown[place] = (group, parse_base64(part.text("secret"), "the secret of a group"))
        part.done()
    return Disclosure(len(value), shown, hidden)


def _batch(value: JsonObject) -> BatchPlace:
    fields = Fields(value, where="/batch")
    index, count = fields.maybe_number("index"), fields.maybe_number("count")
    if index is None or count is None:
        raise BadInput("a place in a batch is an index and a count", where="/batch")
    path = tuple(parse_base64(text, "a hash of the path") for text in fields.texts("path"))
    made = BatchPlace(index, count, parse_base64(fields.text("root"), "the batch's root"), path)
    fields.done()
    return made
