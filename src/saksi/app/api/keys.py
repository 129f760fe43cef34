"""API keys: 32 random bytes shown once, kept as a digest, with a role, a clearance, an end and a way to revoke them.

A key reads `saksi_<8 hex>_<43 characters of base64url>`: the first part names it in lists and logs, the second is the secret. The
file holds SHA-256 of the secret: its 256 random bits cannot be guessed, so a slow hash would add nothing but a way to
tire the node (record 71). The file is read again when it changes, so that a revocation counts at once in a node that is serving.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from hashlib import sha256
from pathlib import Path

import msgspec

from saksi.ledger.disk import check_writable
from saksi.model import BadInput, LedgerFault, NotFound, Tlp

__all__ = ["CAN", "Key", "KeyStore", "May", "Role"]

_TAG = b"saksi/key1\0"
_NO_KEY = "0" * 64


class May(Enum):
    """What a caller may do; every route names one. No key has those from `REQUEST` on: they are done by people who signed in.

    `AMEND` is the desk's: what who has it tells of a value decides what block lists hold.
    """

    LOOK = "look"
    FEED = "feed"
    TELL = "tell"
    GIVE = "give"
    AMEND = "amend"
    ERASE = "erase"
    AUDIT = "audit"
    ADMIN = "admin"
    REQUEST = "request"
    CASE = "case"
    DIRECTORY = "directory"
    DIRECT = "direct"
    PEOPLE = "people"
    SETTINGS = "settings"


class Role(Enum):
    """Who holds a key. Those who run the node are not thereby those who read its data."""

    READER = "reader"
    ANALYST = "analyst"
    APPROVER = "approver"
    INTAKE = "intake"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


CAN: dict[Role, frozenset[May]] = {
    Role.READER: frozenset({May.LOOK, May.FEED, May.TELL}),
    Role.ANALYST: frozenset({May.LOOK, May.FEED, May.TELL, May.GIVE, May.AMEND}),
    Role.APPROVER: frozenset({May.LOOK, May.FEED, May.TELL, May.AMEND, May.ERASE}),
    Role.INTAKE: frozenset({May.GIVE}),
    Role.AUDITOR: frozenset({May.LOOK, May.FEED, May.AUDIT}),
    Role.ADMINISTRATOR: frozenset({May.ADMIN}),
}


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key as it is kept: everything but the secret. Times are UTC; `holder` is the person or system it was given to."""

    id: str
    holder: str
    role: str
    clearance: str
    created_at: str
    expires_at: str
    digest: str
    revoked_at: str | None = None

    def works(self, now: str) -> bool:
        """Whether the key opens anything at `now` (UTC)."""
        return self.revoked_at is None and now < self.expires_at


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: list[Key]
    format: int = 1
    check: str = ""  # of the keys, so that no bit turns a revoked key into one that works; a file made before has none


class KeyStore:
    """The keys of one node, in one file that only its owner can read."""

    def __init__(self, path: Path, *, clock: Callable[[], str], random: Callable[[int], bytes]) -> None:
        self._path = path
        self._clock = clock
        self._random = random
        self._stamp: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def create(self, holder: str, role: Role, *, clearance: Tlp, expires_at: str) -> tuple[Key, str]:
        """Make a key and give it back with the text to hand over, which is not kept anywhere."""
        if not holder.strip() or len(holder) > 200:
            raise BadInput("a key is given to somebody: name the holder in at most 200 characters", where="holder")
        now = self._clock()
        if expires_at <= now:
            raise BadInput("a key ends in the future", where="expires_at")
        secret = self._random(32)
        with self._alone() as keys:
            while (name := self._random(4).hex()) in keys:
                pass
            keys[name] = Key(
                id=name,
                holder=holder,
                role=role.value,
                clearance=clearance.value,
                created_at=now,
                expires_at=expires_at,
                digest=_digest(secret),
            )
        return self._keys[name], f"saksi_{name}_{base64.urlsafe_b64encode(secret).decode('ascii').rstrip('=')}"

    def listed(self) -> tuple[Key, ...]:
        """All keys that were ever made, oldest first."""
        self._load()
        return tuple(self._keys.values())

    def revoke(self, name: str) -> Key:
        """End a key now. A key that was revoked before stays as it was."""
        with self._alone() as keys:
            key = keys.get(name)
            if key is None:
                raise NotFound("there is no such key", where=name[:40], todo="`saksi key list` shows them with their names")
            if key.revoked_at is None:
                keys[name] = msgspec.structs.replace(key, revoked_at=self._clock())
        return self._keys[name]

    def check(self, text: str) -> Key | None:
        """The key that `text` is, or None where it is not one, has ended or was revoked. Takes the same time for each."""
        self._load()
        name, secret = _split(text)
        key = self._keys.get(name)
        right = hmac.compare_digest(_digest(secret), _NO_KEY if key is None else key.digest)
        return key if key is not None and right and key.works(self._clock()) else None

    def _load(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._keys, self._stamp = {}, None
            return
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if stamp == self._stamp:
            return
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
            for key in file.keys:  # a word that is not one of ours must never open more: read as a marking it would mean RED
                Role(key.role), Tlp(key.clearance)
            if file.check not in {"", _check(file.keys)}:
                raise ValueError("they are not as they were written")
        except (OSError, ValueError) as fault:
            raise LedgerFault(f"the keys cannot be read: {fault}", where=str(self._path), todo="restore the file from a backup") from fault
        self._keys = {key.id: key for key in file.keys}
        self._stamp = stamp

    @contextmanager
    def _alone(self) -> Iterator[dict[str, Key]]:
        """The keys as they are now, to be changed by one process at a time: no key, and no revocation, is written over."""
        check_writable(self._path)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._load()
            keys = dict(self._keys)
            yield keys
            if keys != self._keys:
                self._write(list(keys.values()))

    def _write(self, keys: list[Key]) -> None:
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(msgspec.json.format(msgspec.json.encode(_File(keys, check=_check(keys))), indent=1))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._path)
        self._stamp = None
        self._load()


def _check(keys: list[Key]) -> str:
    return sha256(msgspec.json.encode(keys)).hexdigest()


def _digest(secret: bytes) -> str:
    return sha256(_TAG + secret).hexdigest()


def _split(text: str) -> tuple[str, bytes]:
    """Name and secret of a key as written; what is not written like a key gives a secret that fits none."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "saksi" or len(parts[2]) != 43:
        return "", b""
    try:
        return parts[1], base64.b64decode(parts[2] + "=", altchars=b"-_", validate=True)
    except ValueError:
        return "", b""
