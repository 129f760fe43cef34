"""Backup and restore of a node: its ledger in two sealed files that are kept apart, its settings in a third that holds no secret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from saksi.app.config import Config, load, write_first
from saksi.app.home import Home, now_ms
from saksi.ledger.backup import BackedUp, Into, Restored, Target, back_up, restore
from saksi.ledger.ledger import Ledger
from saksi.ledger.sealed_stream import Secret
from saksi.model import BadInput

__all__ = ["DAY_MS", "Files", "Taken", "bring_back", "write_backup"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Files:
    """The three files of a backup. `keys` belongs on another medium, under another passphrase."""

    data: Path
    keys: Path
    settings: Path

    @classmethod
    def beside(cls, target: Path) -> Files:
        """The files for a target's name: NAME.data, NAME.keys, NAME.toml."""
        return cls(
            target.with_name(target.name + ".data"), target.with_name(target.name + ".keys"), target.with_name(target.name + ".toml")
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What opens a backup: the secrets of its two sealed files."""

    data: Secret
    keys: Secret


def write_backup(ledger: Ledger, home: Home, files: Files, secrets: Taken, *, keep_keys_days: int) -> BackedUp:
    """Write the three files; each replaces an older one whole. After `keep_keys_days` a restore refuses the keys."""
    now = now_ms()
    target = Target(files.data, files.keys, secrets.data, secrets.keys)
    made = back_up(ledger, target, now_ms=now, keys_until_ms=now + keep_keys_days * DAY_MS)
    files.settings.write_bytes((home.path / "saksi.toml").read_bytes())
    return made


def bring_back(home: Home, files: Files, secrets: Taken, *, newest: bool, erased: Collection[bytes] = ()) -> tuple[Config, Restored]:
    """Restore into an empty home. `newest` says that no later checkpoint was ever signed; else the node can be read and does not sign."""
    if home.path.exists() and any(home.path.iterdir()):
        raise BadInput("the directory is not empty", where=str(home.path), todo="choose an empty or new one")
    home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.path.chmod(0o700)
    for folder in (home.views, home.takes):
        folder.mkdir(mode=0o700)
    target = Target(files.data, files.keys, secrets.data, secrets.keys)
    made = restore(target, Into(home.ledger), now_ms=now_ms(), newest=newest, erased=erased)
    (home.path / "saksi.toml").write_bytes(files.settings.read_bytes())
    config, _ = load(home.path, {}, {})
    write_first(home.path, config)
    return config, made
