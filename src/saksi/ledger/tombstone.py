"""What was erased stays out: a keyed digest of the id of every erased statement, so that a take that meets it again knows it.

    file     "SKE1" | count u32 | records in ascending order | HMAC-SHA256 of all before under the vault's key, cut to 16 bytes
    record   digest 16 | day u32 (days since 0001-01-01)

The digest is HMAC-SHA256 of the statement's id under the vault's key, cut to 16 bytes. The key makes it safe to keep: an id is a hash of
guessable values (a phone number has seven digits), and a plain hash of it would say to anybody with the file who was erased. The file lies
in the vault's folder, the key in the keys folder; neither leaves the node but in its sealed backup. A file is replaced whole, never
changed. Looking up reads one page of it: memory is 16 bytes for 128 erased statements, whatever is asked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hmac import compare_digest
from hmac import digest as hmac
from hmac import new as new_hmac
from pathlib import Path

from saksi.ledger.disk import Disk, Handle, disk_fault, exists, replace_file
from saksi.model.errors import LedgerFault

__all__ = ["TOMBSTONES", "Tombstones"]

TOMBSTONES = "erased.ids"
_MAGIC = b"SKE1"
_HEAD, _SEAL = 8, 16
_DIGEST, _RECORD = 16, 20
_PAGE = 128 * _RECORD
_STRETCH = 400 * _PAGE  # read at once: 1 MB


class Tombstones:
    """The list of what was erased, in a vault's folder. Not there is the same as empty; whoever uses it holds the turn to write."""

    def __init__(self, disk: Disk, folder: Path, vault_key: bytes) -> None:
        self._disk, self.path, self._key = disk, folder / TOMBSTONES, vault_key
        self._handle: Handle | None = None
        self._firsts: list[bytes] | None = None
        self._count = 0

    def check(self) -> None:
        """Read the whole list once, and know its pages from then on. Raises LedgerFault where it is damaged."""
        if self._firsts is None:
            self._firsts = [page[:_DIGEST] for page in self._checked()]

    @property
    def present(self) -> bool:
        """Whether there is a list, be it empty."""
        return exists(self._disk, self.path)

    def erased_on(self, ids: Sequence[bytes]) -> list[date | None]:
        """For each statement id the day on which its statement was last erased, or None where it never was."""
        self.check()
        return [self._find(self._digest(id_)) for id_ in ids] if self._count else [None] * len(ids)

    def add(self, ids: Iterable[bytes], day: date) -> None:
        """Remember that statements were erased on a day; durable when this returns. One that is told again keeps the later day."""
        fresh = {self._digest(id_): day.toordinal().to_bytes(4, "big") for id_ in ids}
        self.close()
        records = (page[at : at + _RECORD] for page in self._checked() for at in range(0, len(page), _RECORD))
        held = {record[:_DIGEST]: record[_DIGEST:] for record in records} | fresh
        self.close()
        body = _MAGIC + len(held).to_bytes(4, "big") + b"".join(digest + held[digest] for digest in sorted(held))
        replace_file(self._disk, self.path, body + hmac(self._key, body, "sha256")[:_SEAL])

    def close(self) -> None:
        """Let go of the file; it is opened again when it is next asked."""
        if self._handle is not None:
            self._handle.close()
        self._handle, self._firsts, self._count = None, None, 0

    def _digest(self, id_: bytes) -> bytes:
        return hmac(self._key, b"saksi/v1 erased\0" + id_, "sha256")[:_DIGEST]

    def _find(self, digest: bytes) -> date | None:
        place = bisect_right(self._firsts or [], digest) - 1
        if place < 0:
            return None
        page = self._read(min(_PAGE, self._count * _RECORD - place * _PAGE), _HEAD + place * _PAGE)
        at = page.find(digest)
        while at >= 0 and at % _RECORD:
            at = page.find(digest, at + 1)
        return None if at < 0 else date.fromordinal(int.from_bytes(page[at + _DIGEST : at + _RECORD], "big"))

    def _checked(self) -> Iterator[bytes]:
        """The pages of records, in order; raises LedgerFault, at the end at the latest, where the file is not as it was written."""
        self._count = 0
        try:
            self._handle = self._disk.open(self.path)
            size = self._handle.size()
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_fault(error, self.path) from error
        head = self._read(_HEAD, 0)
        count = int.from_bytes(head[4:], "big")
        if head[:4] != _MAGIC or size != _HEAD + count * _RECORD + _SEAL:
            raise self._damaged()
        seal, end = new_hmac(self._key, head, "sha256"), size - _SEAL
        for start in range(_HEAD, end, _STRETCH):
            data = self._read(min(_STRETCH, end - start), start)
            seal.update(data)
            yield from (data[at : at + _PAGE] for at in range(0, len(data), _PAGE))
        if not compare_digest(seal.digest()[:_SEAL], self._read(_SEAL, end)):
            raise self._damaged()
        self._count = count

    def _read(self, length: int, offset: int) -> bytes:
        try:
            return self._handle.read_at(length, offset) if self._handle is not None else b""
        except OSError as error:
            raise disk_fault(error, self.path) from error

    def _damaged(self) -> LedgerFault:
        what = "the list of what was erased is damaged, or another node's"
        return LedgerFault(what, where=str(self.path), todo="restore it from a backup")
