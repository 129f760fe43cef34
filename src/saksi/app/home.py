"""A node's directory: where its files lie, how it is set up, and how its ledger is opened."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.app.config import Config, write_first
from saksi.ledger.disk import LocalDisk, ReadingDisk, check_writable
from saksi.ledger.keys import Keys
from saksi.ledger.ledger import KEYS, Ledger, Setup
from saksi.ledger.note import Ed25519Signer
from saksi.model import BadInput

__all__ = [
    "Home", "alerts_key", "now_ms", "now_text", "open_ledger", "people_key", "post_key", "public_key", "reference_key",
    "replay_key", "set_up", "setup_of", "signing_key", "takes_key", "today", "waiting_key",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """The places in a node's directory.

    `ledger` holds log, vault, originals and keys (`ledger/keys` can be moved to another disk and linked); `views` can be thrown away
    and rebuilt; `takes` is the list of takes; `post` holds mails on their way, `alerts` the saved searches. The
    API keeps its keys and access log in `api`.
    """

    path: Path

    @property
    def ledger(self) -> Path:
        """The ledger: log, vault, originals, keys."""
        return self.path / "ledger"

    @property
    def views(self) -> Path:
        """The views folded from it."""
        return self.path / "views"

    @property
    def takes(self) -> Path:
        """The list of takes, and copies of files while they are taken in."""
        return self.path / "takes"

    @property
    def alerts(self) -> Path:
        """Saved searches, sealed, and how far each was told."""
        return self.path / "alerts"

    @property
    def replay(self) -> Path:
        """What was answered to requests of the last day that may be sent again, sealed."""
        return self.path / "api" / "replay.db"

    @property
    def waiting(self) -> Path:
        """Withdrawals that were asked for while another was writing, sealed but for which statements they are about."""
        return self.path / "api" / "waiting.db"

    @property
    def post(self) -> Path:
        """Mails on their way out, and what came in and waits for somebody."""
        return self.path / "post"


def now_ms() -> int:
    """The clock of the node, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def now_text() -> str:
    """The clock of the node, as statements write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> str:
    """The day, as markings compare it."""
    return datetime.now(UTC).date().isoformat()


def setup_of(config: Config) -> Setup:
    """What the ledger of this node needs from outside."""
    return Setup(origin=config.origin, clock=now_ms, random=os.urandom)


def set_up(home: Home, config: Config) -> str:
    """Make a new node: settings, keys, an empty ledger. Returns its public key; whatever fails leaves nothing behind.
    Raises BadInput where a node is there."""
    if (home.path / "saksi.toml").exists():
        raise BadInput("there is a node already", where=str(home.path), todo="choose another --home, or use it as it is")
    if home.path.exists() and any(home.path.iterdir()):
        raise BadInput("the directory is not empty", where=str(home.path), todo="choose an empty or new one")
    check_writable(home.path / "saksi.toml")
    from saksi.ledger.restore import undone  # what only answers does not load what restores

    with undone(home.path):
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.path.chmod(0o700)
        for folder in (home.views, home.takes):
            folder.mkdir(mode=0o700)
        with Ledger.create(home.ledger, setup_of(config)):
            pass
        write_first(home.path, config)  # last: a directory with settings is a whole node
    return public_key(home, config)


def public_key(home: Home, config: Config) -> str:
    """The key that others check this node's checkpoints with, as the text to publish (a C2SP vkey)."""
    return Ed25519Signer(config.origin, signing_key(home)).vkey.write()


def open_ledger(home: Home, config: Config) -> Ledger:
    """The ledger, held by this process alone. Raises NotAllowed where another process holds it."""
    return Ledger.open(home.ledger, setup_of(config))


def reference_key(home: Home) -> bytes:
    """The key under which reports without a reference get one, so that nobody outside can make it from the report's words."""
    return _derived(home, "report references")


def people_key(home: Home) -> bytes:
    """The key that seals what the store of people must be able to read again; it lies with the node's keys, not beside the store."""
    return _derived(home, "people")


def post_key(home: Home) -> bytes:
    """The key that seals what holders wrote when they contested, until it lies in the vault."""
    return _derived(home, "post")


def alerts_key(home: Home) -> bytes:
    """The key that seals what people and programs want to hear about."""
    return _derived(home, "alerts")


def replay_key(home: Home) -> bytes:
    """The key that seals what was answered to requests which may be sent again."""
    return _derived(home, "replay")


def takes_key(home: Home) -> bytes:
    """The key under which the list of takes knows a file again."""
    return _derived(home, "takes")


def waiting_key(home: Home) -> bytes:
    """The key that seals who asked for a withdrawal that waits, and why."""
    return _derived(home, "waiting")


def _derived(home: Home, use: str) -> bytes:
    """A key for one use alone, made of the vault's; it is gone when that is."""
    with _keys(home) as keys:
        return hashlib.sha256(f"saksi/v1 {use}\0".encode() + keys.vault).digest()


def signing_key(home: Home) -> Ed25519PrivateKey:
    """The node's own key, for letters that no certificate vouches for."""
    with _keys(home) as keys:
        return Ed25519PrivateKey.from_private_bytes(keys.signing)


@contextmanager
def _keys(home: Home) -> Iterator[Keys]:
    keys = Keys(ReadingDisk(LocalDisk()), home.ledger / KEYS)
    try:
        yield keys
    finally:
        keys.slots.close()
