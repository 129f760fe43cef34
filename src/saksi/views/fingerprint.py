"""A fingerprint of an entity id that only this node can make: 64 bits under a key of its own.

Entity ids are guessable (phones) or chosen by the people being looked for (hosts), so a plain hash would let them craft a value that
falsely hits, or overload one bucket. This is a keyed one: CBC-MAC with AES-128 over messages that begin with their own length, a
pseudo-random function for prefix-free messages (Petrank and Rackoff, "CBC MAC for real-time data sources", 2000), cut to 8 bytes. Ids
above 62 bytes go first through keyed BLAKE2b. AES because one call can do a whole column: ECB over the rows' first blocks, then over
their second blocks mixed with what came out; no loop over rows in Python.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from saksi.model.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KEY_BYTES", "Fingerprints", "Tags"]

Tags = npt.NDArray[np.uint64]

KEY_BYTES = 32
_SHORT = 62  # with its 2-byte length, an id up to here fills at most four blocks
_BLOCKS = 4
_CHUNK = 65_536


class Fingerprints:
    """The keyed fingerprint: `one` id, or `many` at once, with the same results."""

    __slots__ = ("_block_key", "_local", "_long_key", "check")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadInput(f"the key of the membership probe is {KEY_BYTES} bytes, not {len(key)}")
        self._block_key = hashlib.blake2b(b"block", key=key, digest_size=16, person=b"saksi/probe1").digest()
        self._long_key = hashlib.blake2b(b"long", key=key, digest_size=32, person=b"saksi/probe1").digest()
        self.check = hashlib.blake2b(b"check", key=key, digest_size=16, person=b"saksi/probe1").digest()
        self._local = threading.local()

    def one(self, entity: str) -> int:
        """The fingerprint of one id, 0 <= n < 2^64."""
        text = entity.encode("utf-8", "surrogatepass")
        size = len(text)
        if size > _SHORT:
            text, size = self._shorten(text), 0xFFFF
        message = size.to_bytes(2, "little") + text
        update = self._cipher().update
        state = update(message[:16].ljust(16, b"\0"))
        for start in range(16, len(message), 16):
            block = message[start : start + 16].ljust(16, b"\0")
            mixed = int.from_bytes(state, "little") ^ int.from_bytes(block, "little")
            state = update(mixed.to_bytes(16, "little"))
        return int.from_bytes(state[:8], "little")

    def many(self, entities: Sequence[str]) -> Tags:
        """The fingerprints of a column of ids, in its order."""
        made = np.empty(len(entities), dtype=np.uint64)
        for start in range(0, len(entities), _CHUNK):
            made[start : start + _CHUNK] = self._chunk(entities[start : start + _CHUNK])
        return made

    def _chunk(self, entities: Sequence[str]) -> Tags:
        import pyarrow as pa  # late: one question needs no columns

        try:
            column = pa.array(entities, pa.string())
        except (UnicodeEncodeError, pa.ArrowException):  # a lone surrogate: no id has one, but a question may
            return np.array([self.one(each) for each in entities], dtype=np.uint64)
        if column.null_count:
            raise BadInput("a column of entity ids has no empty places")
        rows = len(column)
        offsets = np.frombuffer(column.buffers()[1], np.int32, rows + 1).astype(np.int64)
        sizes = offsets[1:] - offsets[:-1]
        message = self._pad(column, offsets, sizes)
        for row in np.flatnonzero(sizes > _SHORT):
            short = self._shorten(entities[int(row)].encode("utf-8"))
            message[row] = np.frombuffer((b"\xff\xff" + short).ljust(16 * _BLOCKS, b"\0"), np.uint8)
        lengths = np.where(sizes > _SHORT, 30, sizes) + 2
        return self._mac(message.view("<u8").reshape(rows, _BLOCKS, 2), (lengths + 15) // 16)

    def _mac(self, blocks: Tags, counts: npt.NDArray[np.int64]) -> Tags:
        update = self._cipher().update
        order = np.argsort(-counts, kind="stable")
        blocks = blocks[order]
        state = np.zeros((len(order), 2), dtype="<u8")
        left = counts[order]
        for place in range(_BLOCKS):
            rows = int(np.searchsorted(-left, -place, side="left"))  # rows that have a block at this place
            if rows == 0:
                break
            mixed = state[:rows] ^ blocks[:rows, place]
            state[:rows] = np.frombuffer(update(mixed.tobytes()), "<u8").reshape(rows, 2)
        made = np.empty(len(order), dtype=np.uint64)
        made[order] = state[:, 0]
        return made

    @staticmethod
    def _pad(column: pa.StringArray, offsets: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Each row's length (2 bytes), its text and zeros, 64 bytes a row. Rows that are too long hold rubbish, replaced by the caller."""
        rows = len(sizes)
        data = column.buffers()[2]
        size = int(offsets[-1])
        text = np.zeros(size + 16 * _BLOCKS + 8, dtype=np.uint8)
        if size:
            text[:size] = np.frombuffer(data, np.uint8, size)
        words = np.ndarray((len(text) - 7,), dtype="<u8", buffer=text.data, strides=(1,))
        message = np.zeros((rows, 2 * _BLOCKS), dtype="<u8")
        # Word i of a message is text bytes 8i-2 .. 8i+5; the first one has the length in front.
        for place in range(2 * _BLOCKS):
            first = 8 * place - 2
            live = np.flatnonzero(sizes > max(first, 0)) if place else np.arange(rows)
            if len(live) == 0:
                break
            start = offsets[live] + max(first, 0)
            left = np.minimum(sizes[live] - max(first, 0), 8 if place else 6)
            kept = words[start] & _MASKS[left]
            message[live, place] = (kept << np.uint64(16)) | sizes[live].astype(np.uint64) if place == 0 else kept
        return message.view(np.uint8)

    def _shorten(self, text: bytes) -> bytes:
        return hashlib.blake2b(text, key=self._long_key, digest_size=30, person=b"saksi/probe1").digest()

    def _cipher(self) -> CipherContext:
        """A cipher of this thread's own: one object must not be used by two threads at once."""
        cipher = getattr(self._local, "cipher", None)
        if cipher is None:
            cipher = Cipher(algorithms.AES(self._block_key), modes.ECB()).encryptor()  # noqa: S305  # a block cipher alone, for the MAC
            self._local.cipher = cipher
        return cipher


_MASKS = np.array([(1 << (8 * kept)) - 1 for kept in range(9)], dtype=np.uint64)
