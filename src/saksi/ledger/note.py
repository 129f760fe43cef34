"""Signed notes: a text and who signed it, in the form that transparency logs everywhere share.

C2SP signed-note: the text, an empty line, then one line a signature, `— <name> <base64 of key id and signature>`.
Three kinds of key are known: 1 Ed25519, 4 Ed25519 cosignature, 6 ML-DSA-44 cosignature (tlog-cosignature).
Signatures by unknown keys are carried along and never believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from saksi.ledger.cosignature import ed25519_message, mldsa_message, split_timestamped
from saksi.ledger.wire import parse_base64, write_base64
from saksi.model.errors import BadInput, Unproved

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "MLDSA44",
    "Ed25519Signer",
    "Ed25519Witness",
    "MlDsaSigner",
    "Note",
    "Signature",
    "Signer",
    "Signers",
    "VKey",
    "Verified",
    "parse_note",
    "parse_vkey",
    "sign_note",
    "verify_note",
]

ED25519, COSIGNATURE, MLDSA44 = 1, 4, 6
MAX_NOTE = 1_000_000  # bytes
MAX_SIGNATURES = 64
_CHANGED = "it was changed after it was signed: ask whoever gave it to you for it again, and keep this copy"
_OTHER_KEY = "compare the key with the one that the authority publishes; where it is the right one, do not rely on what was signed"
_WHOLE_KEY = "copy the whole key as the authority publishes it, or name a file that holds it; `saksi doctor` prints a node's own"
_PUBLIC_SIZE = {ED25519: 32, COSIGNATURE: 32, MLDSA44: 1312}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose (name and 4-byte key id) and the signature's bytes, not yet believed."""

    name: str
    key_id: bytes
    blob: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != 4 or not self.blob:
            raise BadInput("a signature has a key id of 4 bytes and at least one byte more")


@dataclass(frozen=True, slots=True)
class Note:
    """A text ending in a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def write(self) -> bytes:
        """The note's bytes."""
        lines = (f"— {s.name} {write_base64(s.key_id + s.blob)}\n" for s in self.signatures)
        return f"{self.text}\n{''.join(lines)}".encode()


def parse_note(data: bytes) -> Note:
    """Read a signed note: exactly what `Note.write` writes, else BadInput. Nothing in it is verified yet."""
    if len(data) > MAX_NOTE:
        raise BadInput(f"a signed note of {len(data)} bytes is too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("a signed note is UTF-8 text", where=f"byte {error.start}") from error
    if any(char < " " and char != "\n" for char in whole):
        raise BadInput("a signed note has no control characters but newlines")
    text, divided, tail = whole.rpartition("\n\n")
    if not divided or not tail.endswith("\n"):
        raise BadInput("a signed note is a text, an empty line and signature lines, each ended by a newline")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadInput(f"a signed note has at most {MAX_SIGNATURES} signatures, not {len(lines)}")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise BadInput(f"not a signature line: {line[:60]!r}")
    blob = parse_base64(parts[2], "a signature")
    return Signature(parts[1], blob[:4], blob[4:])


def check_name(name: str) -> str:
    """The key name, when it can be one: not empty, no spaces of any script, no plus, no control characters."""
    if not name or any(char.isspace() or char == "+" or char < " " for char in name):
        raise BadInput(f"a key name is not empty and has no spaces, plus or control characters: {name[:60]!r}")
    return name


@dataclass(frozen=True, slots=True)
class VKey:
    """A verifier key: whose signatures are believed. `kind` is 1, 4 or 6; `public` the raw public key."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in _PUBLIC_SIZE:
            raise BadInput(f"signature type {self.kind} is not supported (1, 4 and 6 are)", where=self.name)
        if len(self.public) != _PUBLIC_SIZE[self.kind]:
            raise BadInput(f"a key of {len(self.public)} bytes is no key of type {self.kind}", where=self.name)

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in signature lines."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def write(self) -> str:
        """The key as one word: `name+id+key`."""
        return f"{self.name}+{self.key_id.hex()}+{write_base64(bytes([self.kind]) + self.public)}"

    def verify(self, text: str, blob: bytes) -> int | None:
        """Check one signature over a text; returns the cosigner's time in seconds, or None for a plain signature."""
        try:
            if self.kind == ED25519:
                Ed25519PublicKey.from_public_bytes(self.public).verify(blob, text.encode())
                return None
            if self.kind == COSIGNATURE:
                seconds, signature = split_timestamped(blob, 64)
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, ed25519_message(text, seconds))
                return seconds
            seconds, signature = split_timestamped(blob, 2420)
            message = mldsa_message(text, seconds, self.name)
            MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature as error:
            raise Unproved("the signature does not fit the text and the key", where=self.name, todo=_CHANGED) from error
        except ValueError as error:  # a public key that is no point of the curve
            raise BadInput("the public key is not a valid one", where=self.name) from error
        return seconds


def parse_vkey(text: str) -> VKey:
    """Read a verifier key: exactly what `VKey.write` writes, else BadInput."""
    name, _, rest = text.partition("+")
    id_hex, divided, key = rest.partition("+")  # base64 itself may hold a plus
    material = parse_base64(key, "a verifier key") if divided else b""
    if not material:
        raise BadInput(f"a verifier key is name+id+key: {text[:60]!r}", todo=_WHOLE_KEY)
    vkey = VKey(name, material[0], material[1:])
    if id_hex != vkey.key_id.hex():
        raise BadInput(f"the key id should be {vkey.key_id.hex()}, not {id_hex[:16]!r}", where=name, todo=_WHOLE_KEY)
    return vkey


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that was checked and holds; `seconds` is a cosigner's time, None for a plain signature."""

    vkey: VKey
    seconds: int | None


def verify_note(note: Note, vkeys: Iterable[VKey]) -> tuple[Verified, ...]:
    """Check every signature by a known key, in the note's order; Unproved if one fails or none is there."""
    known = {(vkey.name, vkey.key_id): vkey for vkey in vkeys}
    held: dict[tuple[str, bytes], Verified] = {}
    for signature in note.signatures:
        vkey = known.get((signature.name, signature.key_id))
        if vkey:
            seconds = vkey.verify(note.text, signature.blob)
            held.setdefault((signature.name, signature.key_id), Verified(vkey, seconds))
    if not held:
        signers = ", ".join(f"{s.name} ({s.key_id.hex()})" for s in note.signatures)
        raise Unproved(f"not signed by any key that is trusted here; it is signed by {signers}", todo=_OTHER_KEY)
    return tuple(held.values())


class Signer(Protocol):
    """Whoever can sign: holds one private key or several, or reaches one held elsewhere."""

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        """The public side of each key, the log's own first."""

    def sign(self, text: str) -> tuple[Signature, ...]:
        """A signature by each key over a text."""


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """A log's own key (type 1)."""

    name: str
    private: Ed25519PrivateKey

    @property
    def vkey(self) -> VKey:
        return VKey(self.name, ED25519, self.private.public_key().public_bytes_raw())

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        return (self.vkey,)

    def sign(self, text: str) -> tuple[Signature, ...]:
        return (Signature(self.name, self.vkey.key_id, self.private.sign(text.encode())),)


@dataclass(frozen=True, slots=True)
class Ed25519Witness:
    """A witness's key (type 4); `clock` gives whole seconds since 1970."""

    name: str
    private: Ed25519PrivateKey
    clock: Callable[[], int]

    @property
    def vkey(self) -> VKey:
        return VKey(self.name, COSIGNATURE, self.private.public_key().public_bytes_raw())

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        return (self.vkey,)

    def sign(self, text: str) -> tuple[Signature, ...]:
        seconds = self.clock()
        signature = self.private.sign(ed25519_message(text, seconds))
        return (Signature(self.name, self.vkey.key_id, seconds.to_bytes(8, "big") + signature),)


@dataclass(frozen=True, slots=True)
class MlDsaSigner:
    """A post-quantum key (type 6), a log's second one or a witness's; a `clock` that gives 0 states no time."""

    name: str
    private: MLDSA44PrivateKey
    clock: Callable[[], int] = int

    @property
    def vkey(self) -> VKey:
        return VKey(self.name, MLDSA44, self.private.public_key().public_bytes_raw())

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        return (self.vkey,)

    def sign(self, text: str) -> tuple[Signature, ...]:
        seconds = self.clock()
        signature = self.private.sign(mldsa_message(text, seconds, self.name))
        return (Signature(self.name, self.vkey.key_id, seconds.to_bytes(8, "big") + signature),)


@dataclass(frozen=True, slots=True)
class Signers:
    """Several keys that sign together: a second algorithm, or the old key beside the new one during a rotation."""

    signers: tuple[Signer, ...]

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        return tuple(vkey for one in self.signers for vkey in one.vkeys)

    def sign(self, text: str) -> tuple[Signature, ...]:
        return tuple(signature for one in self.signers for signature in one.sign(text))


def sign_note(text: str, signer: Signer) -> Note:
    """A note signed by each of the signer's keys."""
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise BadInput("a note's text ends in a newline and has no other control characters")
    return Note(text, signer.sign(text))
