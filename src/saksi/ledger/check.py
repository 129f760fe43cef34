"""Checking a whole ledger: its log as any stranger could, then its vault, keys and originals as only its authority can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from saksi.ledger.calm import calm
from saksi.ledger.disk import Disk, LocalDisk, ReadingDisk
from saksi.ledger.fsck import Difference, Report, fsck
from saksi.ledger.lag import ByEntries
from saksi.ledger.ledger import KEYS, LOG, ORIGINALS, VAULT
from saksi.ledger.log import second_place
from saksi.ledger.note import VKey
from saksi.ledger.reader import Progress, Reader, unwatched
from saksi.ledger.source import LogFolder
from saksi.ledger.vaultcheck import VaultPlaces, VaultReport, check_vault
from saksi.model.errors import SaksiError

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
        """Whether nothing differs but what a start mends."""
        return self.log.clean and self.vault.clean

    @property
    def lags(self) -> bool:
        """Whether it is whole, and cannot all be read by others until a start has written something again."""
        return any(each.lags for each in (*self.log.differences, *self.vault.differences))


def check_ledger(
    folder: Path, vkeys: Sequence[VKey], *, apart: Apart | None = None, settled: bool = True, progress: Progress = unwatched
) -> LedgerReport:
    """Check a ledger as of its newest checkpoint. `progress` hears leaves done and leaves in all, twice over.

    `settled` says that nobody is writing to it: then what lies beyond the checkpoint is named too. Else the writer goes on, and only
    erasures wait until the check is through.

    Raises BadInput, PeerFault or LedgerFault where not even a signed checkpoint, or the vault's key, can be read; Held where an erasure
    does not end.
    """
    apart = apart or Apart()
    disk = ReadingDisk(apart.disk or LocalDisk())
    source = LogFolder(folder / LOG, disk)
    places = VaultPlaces(folder / VAULT, apart.keys or folder / KEYS, folder / ORIGINALS)
    with calm(disk, places.keys):
        log = fsck(source, vkeys, second=apart.second or second_place(folder / LOG), settled=settled, progress=progress)
        reader = Reader(source, vkeys, checkpoint=log.note)
        if any(each.lags for each in log.differences):
            reader = ByEntries(source, reader)
        try:
            vault = check_vault(places, reader, disk, settled=settled, progress=progress)
        except SaksiError as fault:
            if log.clean:
                raise
            unread = Difference(places.vault.name, f"could not be checked, as the log is not whole: {fault}")
            vault = VaultReport(statements=0, erased=0, missing=(), originals=0, differences=(unread,))
        return LedgerReport(log, vault)
