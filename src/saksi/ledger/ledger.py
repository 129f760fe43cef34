"""A ledger: the log that anybody may see, and the vault that only its authority can open, written as one.

Write order, for one statement as for a take of millions: 0a. key slots, frames and originals, durable; 0b. all leaves in one append of the
log, under one checkpoint; 0c. only then acknowledged. What a crash leaves in the vault beyond the log is cut at the next start, and an
erasure that it interrupted is finished.

One writer at a time (the log's lock); reading is safe from many threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.batch import Kind
from saksi.ledger.belonging import check_log, check_vault
from saksi.ledger.core import Core, Entry, Logged
from saksi.ledger.disk import Disk, LocalDisk, make_durable
from saksi.ledger.erase import Erased, carry_out, finish
from saksi.ledger.erasure_plan import ErasurePlan, plan
from saksi.ledger.keys import Keys
from saksi.ledger.log import Log
from saksi.ledger.note import Ed25519Signer, Signer, VKey
from saksi.ledger.original import Originals
from saksi.ledger.reading import OpenBlock, Reading, whole
from saksi.ledger.source import LogFolder
from saksi.ledger.tlogproof import TlogProof
from saksi.ledger.tombstone import Tombstones
from saksi.ledger.transaction import Transaction
from saksi.ledger.vault import DATA, INDEX, Vault
from saksi.model.canonical import MAX_BYTES
from saksi.model.errors import BadInput
from saksi.model.statement import Statement

__all__ = ["KEYS", "LOG", "ORIGINALS", "VAULT", "Ledger", "OpenBlock", "Setup", "whole"]

LOG, VAULT, KEYS, ORIGINALS = "log", "vault", "keys", "originals"
MAX_GROUP = 10_000


@dataclass(frozen=True, slots=True)
class Setup:
    """What a ledger needs from outside.

    `origin` is the log's name (authority.example/saksi/1); `clock` gives milliseconds since 1970 UTC; `random` gives that many random
    bytes; `keys` is the folder of keys, inside the ledger's own where it is None, better on another disk; `second` is the log's second
    place; `signer` signs checkpoints where the key in the keys folder should not; `missing_ok` opens a ledger whose vault lacks payloads,
    as after refilling the log from a mirror.
    """

    origin: str
    clock: Callable[[], int]
    random: Callable[[int], bytes] = os.urandom
    disk: Disk = field(default_factory=LocalDisk)
    keys: Path | None = None
    second: Path | None = None
    signer: Signer | None = None
    missing_ok: bool = False


class Ledger(Reading):
    """One authority's ledger in one folder, held open by its one writer."""

    def __init__(self, folder: Path, core: Core, setup: Setup) -> None:
        """Use `create` or `open`."""
        super().__init__(core)
        self.folder = folder
        self._core, self._setup = core, setup

    @classmethod
    def create(cls, folder: Path, setup: Setup) -> Ledger:
        """Begin a ledger with fresh keys. Raises BadInput where one is there already; what a killed `create` left is used."""
        disk, keys_at = setup.disk, setup.keys or folder / KEYS
        make_durable(disk, folder)
        make_durable(disk, folder / VAULT, [folder / VAULT / DATA, folder / VAULT / INDEX])
        make_durable(disk, folder / ORIGINALS)
        keys = Keys.create(disk, keys_at, random=setup.random)
        log = Log.create(folder / LOG, origin=setup.origin, signer=signer_of(keys, setup), disk=disk, second=setup.second)
        return cls(folder, _core(folder, keys, log, setup), setup)

    @classmethod
    def open(cls, folder: Path, setup: Setup) -> Ledger:
        """Open a ledger to write and read: 1. keys; 2. the log, which recovers; 3. the vault, cut to what the log covers; 4. an interrupted
        erasure is finished. Before 2 and 3 each is asked whether it belongs here.

        Raises NotAllowed where another process holds it, LedgerFault where log, vault or keys are not in a known good state, or not of one
        ledger.
        """
        keys = Keys(setup.disk, setup.keys or folder / KEYS)  # 1
        check_log(LogFolder(folder / LOG, setup.disk).get("checkpoint"), signer_of(keys, setup).vkeys, folder / LOG)
        log = Log.open(folder / LOG, origin=setup.origin, signer=signer_of(keys, setup), disk=setup.disk, second=setup.second)  # 2
        try:
            _check_vault(folder, keys, log, setup)
            core = _core(folder, keys, log, setup)  # 3
            finish(core, setup.disk)  # 4
        except BaseException:
            log.close()
            raise
        return cls(folder, core, setup)

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self._core.log.origin

    @property
    def size(self) -> int:
        """How many leaves are acknowledged."""
        return self._core.log.size

    @property
    def core(self) -> Core:
        """The open parts, for what works on all of them: backups."""
        return self._core

    @property
    def log(self) -> Log:
        """The log, to read from and to serve."""
        return self._core.log

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        """The public side of the keys that sign the log."""
        return signer_of(self._core.keys, self._setup).vkeys

    @property
    def vault_bytes(self) -> int:
        """The length of the vault in bytes, commitments included."""
        return self._core.vault.length

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        return self._core.log.checkpoint()

    # --- writing

    def new_subject(self) -> bytes:
        """A random id for a data subject, to be named in `append`."""
        return self._core.new_subject()

    def append(self, statements: Sequence[Statement], *, subjects: Sequence[Sequence[bytes]] | None = None) -> list[str]:
        """Log statements one by one, each a leaf of its own; returns their refs once all are durable. All or none, at most 10,000 at once.

        `subjects` gives each statement's data subjects, ids from `new_subject`: when any of them is erased, the statement goes.
        """
        if subjects is not None and len(subjects) != len(statements):
            raise BadInput(f"{len(statements)} statements have {len(subjects)} lists of subjects")
        named = subjects if subjects is not None else [()] * len(statements)
        entries = [Entry(Kind.PRIVATE, one.groups(), tuple(ids)) for one, ids in zip(statements, named, strict=True)]
        for place, entry in enumerate(entries):
            if len(whole(entry.groups)) > MAX_BYTES:
                raise BadInput(f"a statement has at most {MAX_BYTES} bytes as a whole", where=f"statement {place}")
        return [self.ref(commitment) for commitment in self.append_entries(entries).commitments]

    def append_entries(self, entries: Sequence[Entry]) -> Logged:
        """Log entries of any kind: control leaves (keys, policy, what was taken), requests and receipts with their header and tag."""
        if len(entries) > MAX_GROUP:
            raise BadInput(f"at most {MAX_GROUP} entries are logged at once, not {len(entries)}", todo="use a transaction")
        return self._core.append(entries)

    def transaction(self) -> Transaction:
        """A take: batches and originals that come in together or not at all. Other writers wait until it is over."""
        return Transaction(self._core)

    def _entry(self, leaf: int) -> bytes:
        (entry,) = self._core.log.entries(leaf, leaf + 1)
        return entry

    def _proof(self, leaf: int) -> TlogProof:
        log = self._core.log
        size = log.size
        return TlogProof(leaf, tuple(log.inclusion(leaf, size)), log.checkpoint_at(size))

    # --- erasing

    def plan_erasure(self, subjects: Collection[bytes] = (), items: Collection[tuple[int, int]] = ()) -> ErasurePlan:
        """What goes when these data subjects and these single statements (leaf, index) are erased, to be shown before it is done."""
        return plan(self._core, subjects, items)

    def erase(self, what: ErasurePlan, *, ground: str, keep_originals: bool = False) -> Erased:
        """Destroy what the plan says for good, and log a notice for it. Views must then let go of `touched`."""
        return carry_out(self._core, self._setup.disk, what, ground=ground, keep_originals=keep_originals)

    def close(self) -> None:
        """Let go of the files and of the lock."""
        self._core.vault.close()
        self._core.tombstones.close()
        self._core.keys.slots.close()
        self._core.log.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def signer_of(keys: Keys, setup: Setup) -> Signer:
    return setup.signer or Ed25519Signer(setup.origin, Ed25519PrivateKey.from_private_bytes(keys.signing))


def _check_vault(folder: Path, keys: Keys, log: Log, setup: Setup) -> None:
    vault = Vault.beside(setup.disk, folder / VAULT, keys)
    try:
        check_vault(vault, keys, lambda leaf: next(log.entries(leaf, leaf + 1)), size=log.size, origin=log.origin)
    finally:
        vault.close()


def _core(folder: Path, keys: Keys, log: Log, setup: Setup) -> Core:
    vault = Vault(setup.disk, folder / VAULT, keys, size=log.size, missing_ok=setup.missing_ok)
    originals = Originals(setup.disk, folder / ORIGINALS, keys, random=setup.random)
    tombstones = Tombstones(setup.disk, folder / VAULT, keys.vault)
    return Core(vault=vault, keys=keys, originals=originals, log=log, tombstones=tombstones, clock=setup.clock, random=setup.random)
