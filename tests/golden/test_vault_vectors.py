"""Our own vectors of commitments and of a sealed block: computed from the definition, and opened by every later version."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.ledger.batch import Leaf, batch_commitment
from saksi.ledger.block import block_key, open_block, parse_block
from saksi.ledger.commitment import blinds, commit, commit_many
from saksi.ledger.dictionary import WORDS
from saksi.ledger.merkle import root_of

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "ledger" / "commitment.json").read_text())


def test_commitments_and_leaves() -> None:
    for case in VECTORS["statements"]:
        groups = tuple(group.encode() for group in case["groups"])
        salt = bytes.fromhex(case["salt"])
        assert [blind.hex() for blind in blinds(salt, len(groups))] == case["blinds"]
        assert commit(groups, salt).hex() == case["commitment"]
        if len(groups) == 4:
            assert commit_many([groups], salt)[0].hex() == case["commitment"]
        leaf = Leaf.parse(bytes.fromhex(case["leaf"]))
        assert leaf.commitment.hex() == case["commitment"]
        assert leaf.to_bytes().hex() == case["leaf"]


def test_batches() -> None:
    for case in VECTORS["batches"]:
        commitments = [sha256(b"statement %d" % number).digest() for number in range(case["count"])]
        assert root_of(commitments).hex() == case["root"]
        assert batch_commitment(commitments).hex() == case["commitment"]


def test_a_block_sealed_by_the_first_version_still_opens() -> None:
    case = VECTORS["block"]
    block, end = parse_block(bytes.fromhex(case["bytes"]), 0)
    assert (block.first, block.count, block.slots, 2 * end) == (7, 3, (5,), len(case["bytes"]))
    key = block_key(bytes.fromhex(case["vault_key"]), [bytes.fromhex(case["subject_key"])])
    items = open_block(block, AESGCM(key), commitments=bytes.fromhex(case["commitments"]), common=case["common"].encode())
    assert [[group.decode() for group in groups or ()] for groups in items.groups] == case["groups"]
    assert b"".join(items.salts).hex() == case["salts"]


def test_the_dictionary_of_version_1_is_never_changed() -> None:
    """A changed byte would make every vault unreadable: a new list of words is a new version."""
    assert sha256(WORDS).hexdigest() == "174c24a69f1ce4f66080d912d095cd202e43ff5279b83d24ac6f66b0017b0700"
