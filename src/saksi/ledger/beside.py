"""Reading a ledger beside the process that writes it: nothing is locked, recovered or written."""

from __future__ import annotations

from pathlib import Path

from saksi.ledger.belonging import check_log, check_vault
from saksi.ledger.core import Shelf
from saksi.ledger.disk import ReadingDisk
from saksi.ledger.keys import Keys
from saksi.ledger.ledger import KEYS, LOG, ORIGINALS, VAULT, Setup, signer_of
from saksi.ledger.original import Originals
from saksi.ledger.reader import Reader
from saksi.ledger.reading import Reading
from saksi.ledger.register import Register, register_of
from saksi.ledger.source import LogFolder
from saksi.ledger.tlogproof import TlogProof
from saksi.ledger.vault import Vault

__all__ = ["LedgerBeside"]


class LedgerBeside(Reading):
    """A ledger as it stood when this was opened; open it again to see what was logged since."""

    def __init__(self, folder: Path, setup: Setup) -> None:
        """Open to read. Raises BadInput where there is no ledger, NotAllowed where others may read its keys."""
        self.folder, self.random = folder, setup.random
        self.disk = disk = ReadingDisk(setup.disk)
        self.keys = keys = Keys(disk, setup.keys or folder / KEYS)
        self.vkeys = signer_of(keys, setup).vkeys
        vault = Vault.beside(disk, folder / VAULT, keys)  # first: its index never leads the log
        source = LogFolder(folder / LOG, disk)
        check_log(source.get("checkpoint"), self.vkeys, folder / LOG)
        self._log = Reader(source, self.vkeys)
        check_vault(vault, keys, self._entry, size=self._log.size, origin=self.origin)
        super().__init__(Shelf(vault=vault, keys=keys, originals=Originals(disk, folder / ORIGINALS, keys, random=setup.random)))

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self._log.checkpoint.origin

    @property
    def size(self) -> int:
        """How many leaves the checkpoint covers that was newest when this was opened, and whose payloads have been placed."""
        return min(self._log.size, self._shelf.vault.leaves)

    @property
    def log(self) -> LedgerBeside:
        """What can be asked of the log: `root_at`."""
        return self

    def root_at(self, size: int) -> bytes:
        """The root hash that the log had at an earlier size."""
        return self._log.nodes().root(size)

    def register(self) -> Register:
        """What was erased from it."""
        return register_of(self._shelf, self.origin, self.size)

    def _entry(self, leaf: int) -> bytes:
        (entry,) = self._log.entries(leaf, leaf + 1)
        return entry

    def _proof(self, leaf: int) -> TlogProof:
        return TlogProof(leaf, tuple(self._log.inclusion(leaf)), self._log.note)

    def close(self) -> None:
        """Let go of the files."""
        self._shelf.vault.close()
        self._shelf.keys.slots.close()

    def __enter__(self) -> LedgerBeside:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
