"""Reading a log that one does not trust: any C2SP tiled log, this node's own or another's.

A checkpoint is read and its signature checked; every tile is traced to its root before use. Raises BadInput where the checkpoint is none,
Unproved where nobody trusted has signed it, LedgerFault where hashes do not fit. What is missing or malformed is the peer's fault
(PeerFault) where the log is read over the network, and damage (LedgerFault) where it lies on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.merkle import leaf_hash
from saksi.ledger.nodes import Nodes, edge_from_tiles, split_hashes
from saksi.ledger.note import ED25519, MLDSA44, Verified, VKey, parse_note, verify_note
from saksi.ledger.source import Source, WebSource
from saksi.ledger.tiles import WIDTH, Tile, parse_entries
from saksi.model.errors import BadInput, LedgerFault, PeerFault, SaksiError, Unproved

__all__ = ["Progress", "Reader", "holds_together", "log_origin", "read_checkpoint", "root_of_log", "unwatched"]

Progress = Callable[[int, int], None]  # entries done, entries in all

_INCOMPLETE = "get the whole log from another copy; if it is your own, run `saksi fsck` and restore a backup"


def unwatched(_done: int, _all: int) -> None:
    """The progress that nobody looks at."""


def read_checkpoint(data: bytes, vkeys: Sequence[VKey]) -> tuple[Checkpoint, tuple[Verified, ...]]:
    """A signed checkpoint's content and who of `vkeys` signed it; a witness's word alone does not make it the log's.

    A plain signature (type 1) is a log's; an ML-DSA-44 one (type 6) is, when its key is named as the origin says; an
    Ed25519 cosignature (type 4) never is. The name of a type 1 key need not be the origin (tlog-checkpoint: SHOULD).
    """
    note = parse_note(data)
    held = verify_note(note, vkeys)
    checkpoint = parse_checkpoint(note.text)
    if not any(_is_the_logs(one.vkey, checkpoint.origin) for one in held):
        signers = ", ".join(one.vkey.name for one in held)
        todo = "give the log's own key too: a witness alone does not make a checkpoint the log's"
        raise Unproved(f"a checkpoint of {checkpoint.origin} that only others have signed: {signers}", todo=todo)
    return checkpoint, held


def _is_the_logs(vkey: VKey, origin: str) -> bool:
    return vkey.kind == ED25519 or (vkey.kind == MLDSA44 and vkey.name == origin)


def log_origin(source: Source) -> str | None:
    """Whose log it says it is, unsigned; None where it has no checkpoint that can be read."""
    try:
        return parse_checkpoint(parse_note(source.get("checkpoint") or b"").text).origin
    except BadInput:
        return None


def root_of_log(source: Source, size: int) -> bytes | None:
    """The root that a log's tiles make at a size, unsigned; None where it is not that long."""

    def fetch(tile: Tile) -> bytes:
        return source.get(tile.path()) or b""

    try:
        return edge_from_tiles(size, fetch).root
    except (BadInput, LedgerFault, PeerFault):
        return None


def holds_together(source: Source) -> bool:
    """Whether a log's tiles make the root that its newest checkpoint says, unsigned."""
    try:
        point = parse_checkpoint(parse_note(source.get("checkpoint") or b"").text)
    except BadInput:
        return False
    return root_of_log(source, point.size) == point.root


class Reader:
    """A log at one checkpoint. Tiles and entries are fetched when they are needed."""

    def __init__(self, source: Source, vkeys: Sequence[VKey], *, checkpoint: bytes | None = None) -> None:
        """Read the newest checkpoint, or take one that was kept."""
        self._source = source
        self._fault: type[SaksiError] = PeerFault if isinstance(source, WebSource) else LedgerFault
        note = checkpoint if checkpoint is not None else source.get("checkpoint")
        if note is None:
            raise self._fault("the log shows no checkpoint", todo=_INCOMPLETE)
        self.note = note
        self.checkpoint, self.signed_by = read_checkpoint(note, vkeys)
        self._nodes: Nodes | None = None

    @property
    def size(self) -> int:
        """How many entries the checkpoint covers."""
        return self.checkpoint.size

    def fetch(self, tile: Tile) -> bytes:
        """A tile's bytes as the log gives them, unchecked; a partial one may come from the full one."""
        data = self._source.get(tile.path())
        if data is None and tile.width < WIDTH:
            data = self._source.get(Tile(tile.level, tile.n).path())
            if data is not None and tile.level >= 0:
                data = data[: 32 * tile.width]
        if data is None:
            raise self._fault("a part of the log that its checkpoint promises is missing", where=tile.path(), todo=_INCOMPLETE)
        return data

    def bundle(self, n: int) -> list[bytes]:
        """The entries of bundle `n`, unchecked but for their number."""
        width = min(WIDTH, self.size - n * WIDTH)
        tile = Tile(-1, n, width)
        try:
            entries = parse_entries(self.fetch(tile))
        except BadInput as error:
            raise self._fault(error.what, where=tile.path(), todo=_INCOMPLETE) from error
        if len(entries) < width:
            raise self._fault(f"a bundle of {width} entries holds {len(entries)}", where=tile.path(), todo=_INCOMPLETE)
        return entries[:width]

    def nodes(self) -> Nodes:
        """The tree, once its right edge has been traced to the signed root."""
        if self._nodes is None:
            edge = edge_from_tiles(self.size, self.fetch)
            if edge.root != self.checkpoint.root:
                raise LedgerFault("the tiles do not make the signed root", where=self.checkpoint.origin)
            self._nodes = Nodes(self.fetch, edge, keep=256)
        return self._nodes

    def entries(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Entries `first` up to but not including `last`, each traced to the signed root."""
        last = self.size if last is None else last
        if not 0 <= first <= last <= self.size:
            raise BadInput(f"there are no entries {first} to {last} in a log of {self.size}")
        nodes = self.nodes()
        for n in range(first // WIDTH, -(-last // WIDTH)):
            bundle = self.bundle(n)
            if [leaf_hash(entry) for entry in bundle] != split_hashes(nodes.leaves(n, nodes.edge)):
                raise LedgerFault("entries do not fit the signed root", where=Tile(-1, n, len(bundle)).path())
            yield from bundle[max(0, first - n * WIDTH) : last - n * WIDTH]

    def inclusion(self, index: int) -> list[bytes]:
        """The proof that entry `index` is in the log at this checkpoint."""
        return self.nodes().inclusion(index, self.size)

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the log at this checkpoint begins with the log at size `old`."""
        return self.nodes().consistency(old, self.size)
