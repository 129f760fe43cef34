"""What a witness signs: that it saw this state of that log at this time, and that the log had only grown.

C2SP tlog-cosignature: Ed25519 (`cosignature/v1`, over time and text) and ML-DSA-44 (`subtree/v1`, over names, time
and tree head). Times are whole seconds since 1970.
"""

from __future__ import annotations

from struct import pack

from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.wire import MAX_SIZE
from saksi.model.errors import BadInput

__all__ = ["ed25519_message", "mldsa_message", "split_timestamped"]


def ed25519_message(text: str, seconds: int) -> bytes:
    """The bytes under an Ed25519 cosignature of a checkpoint's text."""
    parse_checkpoint(text)
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def mldsa_message(text: str, seconds: int, cosigner: str) -> bytes:
    """The bytes under an ML-DSA-44 cosignature of a checkpoint's text; extension lines are not covered by it."""
    checkpoint = parse_checkpoint(text)
    names = b""
    for name, time in ((cosigner, pack(">Q", seconds)), (checkpoint.origin, b"")):
        octets = name.encode()
        if not 1 <= len(octets) <= 255:
            raise BadInput(f"a name in a cosignature has 1 to 255 bytes, not {len(octets)}")
        names += bytes([len(octets)]) + octets + time
    return b"subtree/v1\n\0" + names + pack(">QQ", 0, checkpoint.size) + checkpoint.root


def split_timestamped(blob: bytes, signature_size: int) -> tuple[int, bytes]:
    """A `timestamped_signature` as (seconds, signature)."""
    if len(blob) != 8 + signature_size:
        raise BadInput(f"a cosignature has {8 + signature_size} bytes, not {len(blob)}")
    seconds = int.from_bytes(blob[:8], "big")
    if seconds > MAX_SIZE:
        raise BadInput("a cosignature's time is out of range")
    return seconds, blob[8:]
