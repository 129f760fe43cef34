"""Originals: the very bytes that were taken in, and lists of what was rejected, sealed beside the log under a key of their own.

    file    chunks | "SKO1" | slot u32 | the digest, sealed: 48 bytes
    chunk   AES-256-GCM of up to 1 MB under the original's key; nonce = chunk number; bound to whether it is the last

Files are named by a keyed hash of their digest, as the plain digest of a short file could be guessed. Any size goes through in one
chunk of memory. Erasing an original is overwriting its key's slot; its file is then noise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.block import KEY_BYTES
from saksi.ledger.disk import AppendFile, Disk, Handle, disk_fault
from saksi.ledger.frame import Subject
from saksi.ledger.keys import Keys
from saksi.ledger.subjects import SlotKind
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["CHUNK", "Kept", "Originals", "original_pieces", "sealed_name"]

CHUNK = 1 << 20
_MAGIC = b"SKO1"
_TAG = 16
_AT_ONCE = 8
_FOOT = 4 + 4 + 32 + _TAG
_DIGEST_NONCE = b"\xff" * 12


@dataclass(frozen=True, slots=True)
class Kept:
    """An original that is kept: its SHA-256, its length, and whether it was there already."""

    digest: bytes
    length: int
    known: bool


class Originals:
    """The folder of originals of a ledger."""

    def __init__(self, disk: Disk, folder: Path, keys: Keys, *, random: Callable[[int], bytes]) -> None:
        self._disk, self._folder, self._keys, self._random = disk, folder, keys, random
        self._new = 0

    def keep(self, pieces: Iterable[bytes]) -> Kept:
        """Seal the bytes that come in pieces of any size. It counts once the take it belongs to is logged; until then its slot may be cut.

        Durable when this returns, but for its key's slot, which is synced with the take's other slots.
        """
        return self.keep_all([pieces])[0]

    def keep_all(self, originals: Sequence[Iterable[bytes]]) -> list[Kept]:
        """The same for some tens of small ones, made durable together: their syncs wait side by side, and the folder's comes once."""
        made: list[Kept] = []
        fresh: list[tuple[AppendFile, Path, bytes]] = []
        here: set[bytes] = set()
        try:
            for pieces in originals:
                self._new += 1
                beside = self._folder / f"incoming-{self._new}"
                file = AppendFile(self._disk, beside)
                fresh.append((file, beside, b""))
                kept, foot = self._seal(file, pieces, here)
                if kept.known:
                    file.cut(0)
                    file.close()
                    fresh.pop()
                else:
                    file.append(foot)
                    fresh[-1] = (file, beside, kept.digest)
                    here.add(kept.digest)
                made.append(kept)
            _sync([file for file, _, _ in fresh])
        finally:
            for file, _, _ in fresh:
                file.close()
        for _, beside, digest in fresh:
            try:
                self._disk.rename(beside, self._path(digest))
            except OSError as error:
                raise disk_fault(error, beside) from error
        if fresh:
            try:
                self._disk.sync_folder(self._folder)
            except OSError as error:
                raise disk_fault(error, self._folder) from error
        return made

    def _seal(self, file: AppendFile, pieces: Iterable[bytes], here: Collection[bytes]) -> tuple[Kept, bytes]:
        """Write the sealed chunks; gives what they are and the foot that ends the file. `here` are originals whose file has no name yet."""
        key = self._random(KEY_BYTES)
        cipher = AESGCM(key)
        digest, length = sha256(), 0
        file.cut(0)
        for number, (chunk, last) in enumerate(_rechunk(pieces)):
            digest.update(chunk)
            length += len(chunk)
            file.append(cipher.encrypt(number.to_bytes(12, "big"), chunk, bytes([last])))
        found = digest.digest()
        if found in here or self._slot(found) is not None:
            return Kept(found, length, known=True), b""
        slot = self._keys.slots.append([Subject(self._id(found), key)], SlotKind.ORIGINAL)
        return Kept(found, length, known=False), _MAGIC + slot.to_bytes(4, "big") + cipher.encrypt(_DIGEST_NONCE, found, b"digest")

    def read(self, digest: bytes) -> Iterator[bytes] | None:
        """The original with this SHA-256 in pieces of 1 MB, checked as they are read; None where it is not here or was erased."""
        slot = self._slot(digest)
        if slot is None:
            return None
        key = self._keys.slots.read(slot).key
        if key is None:
            return None
        found, pieces = original_pieces(self._disk, self._path(digest), AESGCM(key), slot=slot)
        if found != digest:
            raise LedgerFault("an original is not the one it is named after", where=str(self._path(digest)))
        return pieces

    def slot_of(self, digest: bytes) -> int | None:
        """The slot that holds the key of this original, live; None where it is not here or was erased."""
        return self._slot(digest)

    def id_of(self, digest: bytes) -> bytes:
        """The id that its slot bears."""
        return self._id(digest)

    def drop(self, digest: bytes) -> None:
        """Take away the file of an original whose key was erased; one that is gone already is fine."""
        try:
            self._disk.remove(self._path(digest))
            self._disk.sync_folder(self._folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_fault(error, self._path(digest)) from error

    def _slot(self, digest: bytes) -> int | None:
        """The slot of an original that is here and counts: its slot stands, bears its id, and is not erased."""
        try:
            handle = self._disk.open(self._path(digest))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise disk_fault(error, self._path(digest)) from error
        try:
            foot = handle.read_at(_FOOT, max(0, handle.size() - _FOOT))
        except OSError as error:
            raise disk_fault(error, self._path(digest)) from error
        finally:
            handle.close()
        if len(foot) < _FOOT or foot[:4] != _MAGIC:
            raise LedgerFault("an original is damaged", where=str(self._path(digest)), todo="restore it from a backup")
        number = int.from_bytes(foot[4:8], "big")
        if number >= self._keys.slots.count:
            return None  # of a take that never came to be
        slot = self._keys.slots.read(number)
        return number if slot.id == self._id(digest) and slot.key is not None else None

    def _id(self, digest: bytes) -> bytes:
        return _name(self._keys.vault, digest)

    def _path(self, digest: bytes) -> Path:
        if len(digest) != 32:
            raise BadInput(f"a digest has 32 bytes, not {len(digest)}")
        return self._folder / sealed_name(self._keys.vault, digest)


def sealed_name(vault_key: bytes, digest: bytes) -> str:
    """The name of the file that an original is sealed in."""
    return f"{_name(vault_key, digest).hex()}.sealed"


def original_pieces(disk: Disk, path: Path, cipher: AESGCM, *, slot: int) -> tuple[bytes, Iterator[bytes]]:
    """The digest that a sealed original bears, and its bytes in pieces, each checked before it is given."""
    try:
        handle = disk.open(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise LedgerFault("an original is missing", where=str(path), todo="restore it from a backup") from error
        raise disk_fault(error, path) from error
    try:
        end = handle.size() - _FOOT
        foot = handle.read_at(_FOOT, max(0, end))
        if end < _TAG or foot[:8] != _MAGIC + slot.to_bytes(4, "big"):
            raise _damaged(path)
        return cipher.decrypt(_DIGEST_NONCE, foot[8:], b"digest"), _pieces(handle, path, cipher, end)
    except BaseException as error:
        handle.close()
        if isinstance(error, InvalidTag):
            raise _damaged(path) from error
        if isinstance(error, OSError):
            raise disk_fault(error, path) from error
        raise


def _pieces(handle: Handle, path: Path, cipher: AESGCM, end: int) -> Iterator[bytes]:
    offset = number = 0
    try:
        while offset < end:
            sealed = handle.read_at(min(CHUNK + _TAG, end - offset), offset)
            offset += len(sealed)
            yield cipher.decrypt(number.to_bytes(12, "big"), sealed, bytes([offset == end]))
            number += 1
    except OSError as error:
        raise disk_fault(error, path) from error
    except InvalidTag as error:
        raise _damaged(path) from error
    finally:
        handle.close()


def _sync(files: Sequence[AppendFile]) -> None:
    """Make files durable. Several wait at once: a file system that keeps a journal then writes it once for many of them."""
    if len(files) < 2:
        for file in files:
            file.sync()
        return
    with ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
        for _ in pool.map(AppendFile.sync, files):
            pass  # what one of them raised is raised here


def _damaged(path: Path) -> LedgerFault:
    return LedgerFault("an original is damaged or was cut short", where=str(path), todo="restore it from a backup")


def _name(vault_key: bytes, digest: bytes) -> bytes:
    return hmac(vault_key, b"saksi/v1 original\0" + digest, "sha256")[:16]


def _rechunk(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in chunks of 1 MB and whether each is the last; an empty original is one empty chunk."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        for start in range(0, len(piece), CHUNK):
            held.append(piece[start : start + CHUNK])
            size += len(held[-1])
            if size > CHUNK:
                whole = b"".join(held)
                yield whole[:CHUNK], False
                held, size = [whole[CHUNK:]], size - CHUNK
    yield b"".join(held), True
