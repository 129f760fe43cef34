"""The folder of keys: what the vault is sealed with, what the log is signed with, and the slots of the data subjects.

It lies apart from the vault, is backed up apart from it and for a shorter time. Only its owner may read it: a folder or
file that others can read is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from saksi.ledger.block import KEY_BYTES
from saksi.ledger.disk import Disk, make_durable, read_file, replace_file
from saksi.ledger.subjects import Slots
from saksi.model.errors import LedgerFault, NotAllowed

__all__ = ["JOURNAL", "SIGNING", "SLOTS", "VAULT", "Keys", "parse_key", "write_key"]

VAULT, SIGNING, SLOTS, JOURNAL = "vault.key", "signing.key", "subjects.slots", "erasing.journal"


def write_key(word: str, key: bytes) -> bytes:
    """A key of 32 bytes as a line of text: what it is for, the key and the start of its digest in hex."""
    return f"saksi {word} 1 {key.hex()} {sha256(key).hexdigest()[:16]}\n".encode()


def parse_key(word: str, data: bytes) -> bytes:
    """Read what `write_key` wrote, strictly. Raises LedgerFault where it is damaged."""
    try:
        key = bytes.fromhex(data.decode("ascii").split(" ")[3])
    except (ValueError, IndexError) as error:
        raise LedgerFault(f"the {word} key cannot be read", todo="restore the keys from their backup") from error
    if len(key) != KEY_BYTES or write_key(word, key) != data:
        raise LedgerFault(f"the {word} key is damaged", todo="restore the keys from their backup")
    return key


class Keys:
    """An open folder of keys. `vault` seals what belongs to nobody and names originals; `signing` is the seed of the log's Ed25519 key."""

    __slots__ = ("folder", "signing", "slots", "vault")

    def __init__(self, disk: Disk, folder: Path) -> None:
        """Open the folder. Raises NotAllowed where others may read it, LedgerFault where a key is missing or damaged."""
        _check_private(folder)
        self.folder = folder
        self.vault = _read(disk, folder / VAULT, "vault")
        self.signing = _read(disk, folder / SIGNING, "signing")
        self.slots = Slots(disk, folder / SLOTS)

    @classmethod
    def create(cls, disk: Disk, folder: Path, *, random: Callable[[int], bytes]) -> Keys:
        """Make the folder and fresh keys; those that a killed `create` left are used."""
        make_durable(disk, folder, [folder / SLOTS, folder / JOURNAL])
        for name, word in ((SIGNING, "signing"), (VAULT, "vault")):
            if not read_file(disk, folder / name):
                replace_file(disk, folder / name, write_key(word, random(KEY_BYTES)))
        return cls(disk, folder)


def _read(disk: Disk, path: Path, word: str) -> bytes:
    data = read_file(disk, path)
    if data is None:
        raise LedgerFault(f"the {word} key is missing", where=str(path), todo="restore the keys from their backup")
    return parse_key(word, data)


def _check_private(folder: Path) -> None:
    """Refuse keys that others may read. A simulated disk has no such files: nothing to check there."""
    for path in (folder, *(folder / name for name in (VAULT, SIGNING, SLOTS, JOURNAL))):
        if path.exists() and path.stat().st_mode & 0o077:
            raise NotAllowed("others may read the keys", where=str(path), todo="chmod 700 the folder and 600 the files in it")
