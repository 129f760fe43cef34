"""Makes vectors/ledger/commitment.json: salts, groups, commitments, batches, leaves, computed here from the definition with hashlib alone.

    python vectors/make_commitments.py [--check]

It also keeps one sealed block (`block`), made once: every later version must open it. `--check` compares everything else.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / "ledger" / "commitment.json"
GROUPS = [
    ['{"entity":"phone:+99900000001","op":"assert","polarity":"affirm","prop":"role","schema":"PhoneNumber","value":"recipient"}',
     '{"quote":"ខ្ញុំ \\n \\u007f","title":"Desk of A (synthetic)"}', '{"asserted_at":"2026-01-31T09:00:00Z","authority":"a.example"}',
     '{"pap":"RED","tlp":"RED"}'],
    ["{}", "{}", "{}", "{}"],
    ["{}", "{}", "{}", "{}", '{"step":"ask"}'],
]  # fmt: skip


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha(b"\x01" + root(hashes[:split]) + root(hashes[split:]))


def statement(number: int, groups: list[str], salt: bytes) -> dict[str, object]:
    wide = hashlib.sha512(b"saksi/c1 salt\0" + salt).digest()
    blinds = [wide[at : at + 16] for at in (0, 16, 32, 48)]
    if len(groups) == 5:
        blinds.append(hashlib.sha512(b"saksi/c1 salt header\0" + salt).digest()[:16])
    hashes = [sha(b"\0" + blind + group.encode()) for blind, group in zip(blinds, groups, strict=True)]
    commitment = sha(b"saksi/c1\0" + bytes([len(groups)]) + root(hashes))
    kind = 0x20 if len(groups) == 5 else 0x01
    extra = b"t" * 16 if len(groups) == 5 else b""
    leaf = b"SKS1" + bytes([kind, 1, 0, 0]) + (1_770_000_000_000 + number).to_bytes(8, "big") + commitment + extra
    return {
        "groups": groups,
        "salt": salt.hex(),
        "blinds": [blind.hex() for blind in blinds],
        "hashes": [each.hex() for each in hashes],
        "commitment": commitment.hex(),
        "leaf": leaf.hex(),
    }


def batch(count: int) -> dict[str, object]:
    commitments = [sha(b"statement %d" % number) for number in range(count)]
    top = root(commitments)
    made = sha(b"saksi/b1\0" + count.to_bytes(4, "big") + top)
    return {"count": count, "of": "SHA256('statement N')", "root": top.hex(), "commitment": made.hex()}


def make() -> dict[str, object]:
    salts = [bytes(range(32)), b"\xff" * 32, sha(b"salt")]
    return {
        "statements": [statement(number, *one) for number, one in enumerate(zip(GROUPS, salts, strict=True))],
        "batches": [batch(count) for count in (1, 2, 3, 64, 65, 1000)],
    }


def main() -> int:
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    block = kept.pop("block", None)
    made = make()
    if "--check" in sys.argv:
        return 0 if kept == made and block else 1
    FILE.write_text(json.dumps({**made, "block": block or seal()}, indent=1, ensure_ascii=False) + "\n")
    return 0


def seal() -> dict[str, object]:
    """One block of three statements, two of them alike in part, sealed with fixed keys."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from saksi.ledger.block import Place, Seal, block_key, seal_block
    from saksi.ledger.commitment import commit_many

    groups = [tuple(group.encode() for group in GROUPS[place][:4]) for place in (0, 1, 1)]
    salts = bytes(range(96))
    commitments = b"".join(commit_many(groups, salts))
    vault, subject, nonce, common = b"v" * 32, b"s" * 32, b"n" * 12, b"Desk of A (synthetic)"
    made = seal_block(groups, salts, at=Place(7, commitments, (5,)), seal=Seal(AESGCM(block_key(vault, [subject])), nonce, common))
    return {
        "vault_key": vault.hex(), "subject_key": subject.hex(), "common": common.decode(), "commitments": commitments.hex(),
        "salts": salts.hex(), "groups": [[part.decode() for part in each] for each in groups], "bytes": made.to_bytes().hex(),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
