"""Verifying what others show: one checkpoint, one proof file, or a whole log, with nothing but a key in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.checkpoint import Checkpoint
from saksi.ledger.merkle import Edge, leaf_hash
from saksi.ledger.note import Verified, VKey
from saksi.ledger.policy import Policy
from saksi.ledger.proof import verify_inclusion
from saksi.ledger.reader import Progress, Reader, read_checkpoint, unwatched
from saksi.ledger.source import WITHIN, Source, open_source
from saksi.ledger.tiles import WIDTH
from saksi.ledger.tlogproof import TlogProof
from saksi.model.errors import Unproved

__all__ = ["VerifiedCheckpoint", "verify_checkpoint", "verify_log", "verify_proof"]


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that holds, and whose signatures on it were checked (witnesses with their times)."""

    checkpoint: Checkpoint
    signed_by: tuple[Verified, ...]

    @property
    def origin_is_key_name(self) -> bool:
        """Whether a key that signed is named as the origin says; where not, look whether this is the log you mean."""
        return any(one.vkey.name == self.checkpoint.origin for one in self.signed_by)


def verify_checkpoint(data: bytes, vkeys: Sequence[VKey], *, policy: Policy | None = None) -> VerifiedCheckpoint:
    """Check a signed checkpoint of any C2SP log; with a `policy`, also its quorum of witnesses.

    Raises BadInput where it is no checkpoint, Unproved where it does not hold.

    Steps: 1. its form; 2. a signature by the log itself; 3. every cosignature by a known witness; 4. the quorum.
    """
    known = (*vkeys, *(policy.vkeys if policy else ()))
    checkpoint, held = read_checkpoint(data, known)  # 1, 2, 3
    if policy:
        policy.check(checkpoint.origin, held)  # 4
    return VerifiedCheckpoint(checkpoint, held)


def verify_proof(proof: TlogProof, entry: bytes, vkeys: Sequence[VKey], *, policy: Policy | None = None) -> VerifiedCheckpoint:
    """Check that a proof file proves this very entry: 1. its leaf hash; 2. the checkpoint; 3. the path to its root."""
    leaf = leaf_hash(entry)  # 1
    verified = verify_checkpoint(proof.checkpoint, vkeys, policy=policy)  # 2
    point = verified.checkpoint
    verify_inclusion(leaf, proof.index, size=point.size, root=point.root, proof=proof.path)  # 3
    return verified


def verify_log(
    where: str | Path | Source,
    vkeys: Sequence[VKey],
    *,
    policy: Policy | None = None,
    progress: Progress = unwatched,
    within: float = WITHIN,
) -> VerifiedCheckpoint:
    """Fetch every entry of a log and compute its tree again. Raises Unproved unless it makes the root that was signed.

    Over the network it is done `within` seconds or not at all. Where a part is missing or malformed: PeerFault over the network,
    LedgerFault on this machine.
    """
    source = open_source(where, within=within) if isinstance(where, str | Path) else where
    reader = Reader(source, (*vkeys, *(policy.vkeys if policy else ())))
    verified = verify_checkpoint(reader.note, vkeys, policy=policy)
    edge, size = Edge(), reader.size
    for n in range(-(-size // WIDTH)):
        edge, _ = edge.extend([leaf_hash(entry) for entry in reader.bundle(n)])
        progress(edge.size, size)
    if edge.root != reader.checkpoint.root:
        todo = "fsck names the entries that differ; keep a copy: this checkpoint and these entries contradict each other"
        raise Unproved(f"the entries do not make the root signed at size {size}", where=str(where), todo=todo)
    return verified
