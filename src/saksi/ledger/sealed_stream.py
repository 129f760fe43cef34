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

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.model.canonical import Json, canonical, parse_canonical
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["SealedReader", "SealedWriter", "Secret"]

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
            raise BadInput("the passphrase of a backup has at least 12 characters")

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
            raise LedgerFault(f"{name} changed its length while it was copied", todo="make the backup again")

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


class SealedReader:
    """Reads a stream of `size` bytes through `read(length, offset)`. Nothing is given out before it was verified."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, secret: Secret) -> None:
        head, newline, _ = read(_MAX_HEAD, 0).removeprefix(_MAGIC).partition(b"\n")
        if not newline or read(len(_MAGIC), 0) != _MAGIC:
            raise BadInput("this is no backup")
        fields = parse_canonical(head)
        said, salt = fields.get("said"), fields.get("salt")
        if not isinstance(said, dict) or not isinstance(salt, str) or len(salt) != 64:
            raise BadInput("this is no backup")
        self.said: Mapping[str, Json] = said
        self._read, self._size = read, size
        self._cipher = AESGCM(secret.stream_key(bytes.fromhex(salt)))
        self._bound = sha256(head).digest()
        self._offset = len(_MAGIC) + len(head) + 1
        self._number = 0
        self._held = b""

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Each file's name, size and pieces, to be taken before the next file is asked for. Raises BadInput where it is damaged."""
        while True:
            (length,) = struct.unpack(">H", self._take(2))
            if not length:
                if self._held or self._offset != self._size:
                    raise BadInput("the backup has stray bytes at its end")
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
            raise BadInput("the backup was cut short")
        last = self._offset + length == self._size
        sealed = self._read(length, self._offset)
        try:
            chunk = self._cipher.decrypt(self._number.to_bytes(12, "big"), sealed, self._bound + bytes([last]))
        except InvalidTag as error:
            what = "the secret is wrong" if self._number == 0 else "the backup is damaged or was cut short"
            raise BadInput(what, where=f"byte {self._offset}") from error
        self._offset += length
        self._number += 1
        self._held += chunk
