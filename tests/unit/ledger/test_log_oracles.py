"""Others agree: pymerkle and sigstore, independent implementations, check what Saksi makes, and the reverse."""

from __future__ import annotations

import base64
from random import Random
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.log import Log
from saksi.ledger.merkle import leaf_hash, root_of
from saksi.ledger.note import Ed25519Signer
from saksi.ledger.proof import verify_consistency, verify_inclusion
from saksi.model.errors import BadInput

SIGNER = Ed25519Signer("a.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
SIZE = 700


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    rng = Random(5)
    return [rng.randbytes(rng.randint(0, 60)) for _ in range(SIZE)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, entries: list[bytes]) -> Log:
    log = Log.create(tmp_path_factory.mktemp("oracle") / "log", origin=SIGNER.name, signer=SIGNER)
    for at in range(0, SIZE, 100):
        log.append(entries[at : at + 100])
    return log


def test_pymerkle_has_the_same_roots_and_proofs(log: Log, entries: list[bytes]) -> None:
    pymerkle = pytest.importorskip("pymerkle")
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    rng = Random(6)
    for _ in range(150):
        size = rng.randint(1, SIZE)
        index, old = rng.randrange(size), rng.randint(1, size)
        root = tree.get_root(size)
        assert log.root_at(size) == root
        theirs = tree.prove_inclusion(index + 1, size).serialize()
        path = [bytes.fromhex(one) for one in theirs["path"]]
        assert path[1:] == log.inclusion(index, size)  # theirs begins with the leaf itself
        verify_inclusion(leaf_hash(entries[index]), index, size=size, root=root, proof=path[1:])
        consistency = tree.prove_consistency(old, size)
        pymerkle.verify_consistency(tree.get_root(old), root, consistency)
        verify_consistency((old, tree.get_root(old)), (size, root), proof=log.consistency(old, size))


def test_sigstore_believes_the_proofs_of_the_log(log: Log, entries: list[bytes]) -> None:
    merkle = pytest.importorskip("sigstore._internal.merkle")
    errors = pytest.importorskip("sigstore.errors")
    rng = Random(7)
    for _ in range(150):
        size = rng.randint(1, SIZE)
        index = rng.randrange(size)
        proof = SimpleNamespace(log_index=index, tree_size=size, hashes=log.inclusion(index, size), root_hash=log.root_at(size))
        inner = SimpleNamespace(inclusion_proof=proof, canonicalized_body=entries[index])
        merkle.verify_merkle_inclusion(SimpleNamespace(_inner=inner))
        inner.canonicalized_body += b"!"
        with pytest.raises(errors.VerificationError):
            merkle.verify_merkle_inclusion(SimpleNamespace(_inner=inner))


def test_sigstore_reads_the_checkpoint(log: Log) -> None:
    checkpoint = pytest.importorskip("sigstore._internal.rekor.checkpoint")
    signed = checkpoint.SignedCheckpoint.from_text(log.checkpoint().decode())
    assert signed.checkpoint.origin == SIGNER.name
    assert signed.checkpoint.log_size == SIZE
    assert bytes.fromhex(signed.checkpoint.log_hash) == log.root
    (signature,) = signed.signed_note.signatures
    assert signature.name == SIGNER.name
    assert signature.sig_hash == SIGNER.vkey.key_id
    SIGNER.private.public_key().verify(base64.b64decode(signature.signature), signed.signed_note.note.encode())


def test_the_oracles_refuse_what_saksi_refuses(entries: list[bytes]) -> None:
    pymerkle = pytest.importorskip("pymerkle")
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries[:13]:
        tree.append_entry(entry)
    leaves = [leaf_hash(entry) for entry in entries[:13]]
    proof = tree.prove_inclusion(5, 13)
    path = [bytes.fromhex(one) for one in proof.serialize()["path"]]
    wrong = root_of(leaves[:12])
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_inclusion(leaves[4], wrong, proof)
    with pytest.raises(BadInput):
        verify_inclusion(leaves[4], 4, size=13, root=wrong, proof=path[1:])
