"""A stream of files sealed under one secret, written and read in chunks of 1 MB: what backups are made of.

    head     "saksi sealed stream 1\\n", then one line of JSON in canonical form: what the caller says in public, and the salt
    chunks   AES-256-GCM of up to 1 MB; nonce = chunk number; bound to the head and to whether it is the last
    inside   for each file: name length u16 | name | bytes u64 | the bytes; then a name of length 0

The key comes from a passphrase by scrypt (N = 2^17, r = 8, p = 1, as RFC 7914 and OWASP advise; 128 MB) or from 32 secret bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.model.canonical import Json, canonical, parse_canonical
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["Part", "SealedReader", "SealedWriter", "Secret", "read_head"]

Part: TypeAlias = "tuple[str, int, Iterator[bytes]]"  # a file: its name, its length in bytes, the bytes in pieces of any size

_MAGIC = b"saksi sealed stream 1\n"
_CHUNK = 1 << 20
_TAG = 16
_MAX_HEAD = 10_000
_SCRYPT_N = 1 << 17


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a backup: a passphrase of at least 12 characters, or a key of 32 bytes."""

    passphrase: str | None = None
    key: bytes | None = None

    def __post_init__(self) -> None:
        if (self.passphrase is None) == (self.key is None):
            raise BadInput("a backup is sealed with a passphrase or with a key")
        if self.key is not None and len(self.key) != 32:
            raise BadInput(f"the key of a backup has 32 bytes, not {len(self.key)}")
        if self.passphrase is not None and len(self.passphrase) < 12:
            raise BadInput("the passphrase of a backup has at least 12 characters", todo="take a longer one")

    def stream_key(self, salt: bytes) -> bytes:
        """The key of one stream."""
        if self.key is not None:
            return hmac(self.key, b"saksi/v1 stream\0" + salt, "sha256")
        words = (self.passphrase or "").encode("utf-8", "surrogatepass")
        return hashlib.scrypt(words, salt=salt, n=_SCRYPT_N, r=8, p=1, maxmem=256 << 20, dklen=32)


class SealedWriter:
    """Writes a stream through `write`; `close` must be called, or the stream is cut short and nobody can read it."""

    def __init__(self, write: Callable[[bytes], object], secret: Secret, *, said: Mapping[str, Json], salt: bytes) -> None:
        head = canonical({"said": said, "salt": salt.hex()})
        self._write, self._cipher = write, AESGCM(secret.stream_key(salt))
        self._bound = sha256(head).digest()
        self._held = bytearray()
        self._number = 0
        write(_MAGIC + head + b"\n")

    def file(self, name: str, size: int, pieces: Iterator[bytes]) -> None:
        """Put in one file, whose bytes come in pieces and must be `size` in all."""
        self._put(struct.pack(">H", len(name.encode())) + name.encode() + struct.pack(">Q", size))
        for piece in pieces:
            size -= len(piece)
            self._put(piece)
        if size:
            todo = "start the node and run `saksi fsck`, then make the backup again"
            raise LedgerFault(f"{name} is {size} bytes shorter than it should be", todo=todo)

    def close(self) -> None:
        """End the stream."""
        self._put(b"\0\0")
        self._seal(bytes(self._held), last=True)

    def _put(self, data: bytes) -> None:
        self._held += data
        while len(self._held) > _CHUNK:
            self._seal(bytes(self._held[:_CHUNK]), last=False)
            del self._held[:_CHUNK]

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._write(self._cipher.encrypt(self._number.to_bytes(12, "big"), chunk, self._bound + bytes([last])))
        self._number += 1


def read_head(read: Callable[[int, int], bytes]) -> tuple[Mapping[str, Json], bytes, bytes]:
    """What a stream says in public, its salt, and its head as bytes; none of it is verified yet. Raises BadInput where it is no stream."""
    data = read(len(_MAGIC) + _MAX_HEAD, 0)
    head, newline, _ = data.removeprefix(_MAGIC).partition(b"\n")
    if not newline or not data.startswith(_MAGIC):
        raise BadInput(
            "this is no backup, or its head is damaged", todo="name the file that `saksi backup` wrote, or take another copy of it"
        )
    try:
        fields = parse_canonical(head)
        said, salt = fields.get("said"), bytes.fromhex(str(fields.get("salt")))
    except (BadInput, ValueError) as fault:
        raise BadInput("the head of the backup is damaged") from fault
    if not isinstance(said, dict) or len(salt) != 32:
        raise BadInput("the head of the backup is damaged")
    return said, salt, head


class SealedReader:
    """Reads a stream of `size` bytes through `read(length, offset)`. Nothing is given out before it was verified; `where` names it."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, secret: Secret, *, where: str = "") -> None:
        self.where = where
        try:
            self.said, salt, head = read_head(read)
        except BadInput as refusal:
            raise BadInput(refusal.what, where=where, todo=refusal.todo) from refusal
        self._read, self._size = read, size
        self._cipher = AESGCM(secret.stream_key(salt))
        self._bound = sha256(head).digest()
        self._offset = len(_MAGIC) + len(head) + 1
        self._number = 0
        self._held = b""

    @property
    def size(self) -> int:
        """The stream's length in bytes."""
        return self._size

    def check_secret(self) -> None:
        """Open the first chunk. Raises BadInput where the secret is wrong or the chunk damaged: nobody can tell the one from the other."""
        if not self._number:
            self._fill()

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Each file's name, size and pieces, to be taken before the next file is asked for. Raises BadInput where it is damaged."""
        while True:
            (length,) = struct.unpack(">H", self._take(2))
            if not length:
                if self._held or self._offset != self._size:
                    raise BadInput("the backup has stray bytes at its end", where=self._place())
                return
            name = self._take(length).decode()
            (size,) = struct.unpack(">Q", self._take(8))
            yield name, size, self._pieces(size)

    def _pieces(self, left: int) -> Iterator[bytes]:
        while left:
            if not self._held:
                self._fill()
            piece, self._held = self._held[:left], self._held[left:]
            left -= len(piece)
            yield piece

    def _take(self, length: int) -> bytes:
        while len(self._held) < length:
            self._fill()
        piece, self._held = self._held[:length], self._held[length:]
        return piece

    def _fill(self) -> None:
        length = min(_CHUNK + _TAG, self._size - self._offset)
        if length < _TAG:
            raise BadInput("the backup was cut short", where=self._place(), todo="use another copy of it")
        last = self._offset + length == self._size
        sealed = self._read(length, self._offset)
        try:
            chunk = self._cipher.decrypt(self._number.to_bytes(12, "big"), sealed, self._bound + bytes([last]))
        except InvalidTag as error:
            what = (
                "the backup is damaged or was cut short" if self._number else "the secret is wrong, or the backup is damaged at its start"
            )
            todo = "use another copy of it" if self._number else "give the passphrase it was made with, or use another copy of it"
            raise BadInput(what, where=self._place(), todo=todo) from error
        self._offset += length
        self._number += 1
        self._held += chunk

    def _place(self) -> str:
        return f"{self.where}, byte {self._offset}" if self.where else f"byte {self._offset}"
