"""Checking a whole ledger: its log as any stranger could, then its vault, keys and originals as only its authority can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.disk import Disk, LocalDisk
from saksi.ledger.fsck import Report, fsck
from saksi.ledger.ledger import KEYS, LOG, ORIGINALS, VAULT
from saksi.ledger.log import second_place
from saksi.ledger.note import VKey
from saksi.ledger.reader import Progress, Reader, unwatched
from saksi.ledger.source import LogFolder
from saksi.ledger.vaultcheck import VaultPlaces, VaultReport, check_vault

__all__ = ["Apart", "LedgerReport", "check_ledger"]


@dataclass(frozen=True, slots=True)
class Apart:
    """What lies elsewhere than in the ledger's own folder, where it does: the keys, the log's second place; and the disk it all is on."""

    keys: Path | None = None
    second: Path | None = None
    disk: Disk | None = None


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was found in the log and in the vault."""

    log: Report
    vault: VaultReport

    @property
    def clean(self) -> bool:
        """Whether nothing differs."""
        return self.log.clean and self.vault.clean


def check_ledger(folder: Path, vkeys: Sequence[VKey], *, apart: Apart | None = None, progress: Progress = unwatched) -> LedgerReport:
    """Check a ledger that nobody is writing to. `progress` hears leaves done and leaves in all, twice over.

    Raises BadInput, PeerFault or LedgerFault where not even a signed checkpoint, or the vault's key, can be read.
    """
    apart = apart or Apart()
    disk = apart.disk or LocalDisk()
    source = LogFolder(folder / LOG, disk)
    log = fsck(source, vkeys, second=apart.second or second_place(folder / LOG), progress=progress)
    places = VaultPlaces(folder / VAULT, apart.keys or folder / KEYS, folder / ORIGINALS)
    return LedgerReport(log, check_vault(places, Reader(source, vkeys), disk, progress=progress))
