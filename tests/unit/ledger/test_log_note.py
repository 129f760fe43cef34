"""Signed notes, verifier keys and cosignatures: taken exactly as they are written, believed only when they verify."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from saksi.ledger.checkpoint import Checkpoint
from saksi.ledger.note import (
    Ed25519Signer,
    Ed25519Witness,
    MlDsaSigner,
    Note,
    Signature,
    Signers,
    VKey,
    parse_note,
    parse_vkey,
    sign_note,
    verify_note,
)
from saksi.model.errors import BadInput

# The example of C2SP signed-note.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()


def _key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG = Ed25519Signer("a.example/saksi/1", _key(1))
WITNESS = Ed25519Witness("w.example", _key(2), lambda: 1_700_000_000)
POST_QUANTUM = MlDsaSigner("a.example/saksi/1", MLDSA44PrivateKey.from_seed_bytes(bytes(32)), lambda: 5)
TEXT = Checkpoint("a.example/saksi/1", 3, bytes(range(32))).text()


def test_the_example_of_the_specification() -> None:
    note, key = parse_note(EXAMPLE), parse_vkey(EXAMPLE_KEY)
    assert note.write() == EXAMPLE
    assert key.write() == EXAMPLE_KEY
    (held,) = verify_note(note, [key])
    assert held.seconds is None


def test_every_changed_byte_of_the_text_or_signature_is_noticed() -> None:
    key = parse_vkey(EXAMPLE_KEY)
    for at in range(len(EXAMPLE)):
        bad = bytearray(EXAMPLE)
        bad[at] ^= 1
        with pytest.raises(BadInput):
            verify_note(parse_note(bytes(bad)), [key])


SIGNATURE = EXAMPLE.split(b"\n\n")[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"\n" + SIGNATURE,
        b"text\n" + SIGNATURE,
        b"text\n\n" + SIGNATURE[:-1],
        b"text\n\n" + SIGNATURE + b"\n",
        b"text\r\n\n" + SIGNATURE,
        b"te\txt\n\n" + SIGNATURE,
        b"te\0xt\n\n" + SIGNATURE,
        b"te\xffxt\n\n" + SIGNATURE,
        b"text\n\n" + SIGNATURE.replace("—".encode(), b"-"),
        b"text\n\n" + SIGNATURE.replace("— ".encode(), "—  ".encode()),
        b"text\n\n" + SIGNATURE.replace(b"=\n", b"= \n"),
        b"text\n\n" + SIGNATURE.replace(b"=\n", b"\n"),
        b"text\n\n" + SIGNATURE.replace(b"aQM=", b"aQN="),  # stray bits
        b"text\n\n" + SIGNATURE.replace(b"example.com", b"example+com"),
        b"text\n\n" + SIGNATURE.replace(b"example.com", "example\u3000com".encode()),
        b"text\n\n" + "— example.com/foo Uw2QOg==\n".encode(),  # a key id and nothing more
        b"text\n\n" + SIGNATURE * 65,
        b"x" * 1_000_001 + b"\n\n" + SIGNATURE,
    ],
)
def test_what_no_writer_writes_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        parse_note(data)


def test_sixteen_signatures_and_more_are_taken() -> None:
    assert len(parse_note(b"text\n\n" + SIGNATURE * 64).signatures) == 64


def test_a_text_may_hold_empty_lines() -> None:
    note = sign_note("one\n\n\ntwo\n", LOG)
    assert parse_note(note.write()) == note
    verify_note(note, [LOG.vkey])


def test_unknown_signatures_are_carried_and_not_believed() -> None:
    note = sign_note(TEXT, Signers((LOG, WITNESS)))
    (held,) = verify_note(parse_note(note.write()), [LOG.vkey])
    assert held.vkey == LOG.vkey
    with pytest.raises(BadInput, match="not signed by any key"):
        verify_note(note, [Ed25519Signer("b.example", _key(3)).vkey])
    with pytest.raises(BadInput, match="not signed by any key"):  # same key, other name
        verify_note(note, [Ed25519Signer("b.example", _key(1)).vkey])


def test_a_false_signature_by_a_known_key_spoils_the_note() -> None:
    note = sign_note(TEXT, Signers((LOG, WITNESS)))
    bad = Signature(WITNESS.name, WITNESS.vkey.key_id, bytes(72))
    spoiled = Note(note.text, (note.signatures[0], bad))
    verify_note(spoiled, [LOG.vkey])
    with pytest.raises(BadInput, match="does not fit"):
        verify_note(spoiled, [LOG.vkey, WITNESS.vkey])


def test_cosignatures_tell_their_time() -> None:
    note = sign_note(TEXT, Signers((LOG, WITNESS, POST_QUANTUM)))
    held = verify_note(parse_note(note.write()), [LOG.vkey, WITNESS.vkey, POST_QUANTUM.vkey])
    assert [one.seconds for one in held] == [None, 1_700_000_000, 5]


@pytest.mark.parametrize("signer", [WITNESS, POST_QUANTUM], ids=["ed25519", "mldsa"])
def test_a_cosignature_with_another_time_or_text_does_not_hold(signer: Ed25519Witness | MlDsaSigner) -> None:
    (signature,) = signer.sign(TEXT)
    assert signer.vkey.verify(TEXT, signature.blob) is not None
    later = (int.from_bytes(signature.blob[:8], "big") + 1).to_bytes(8, "big") + signature.blob[8:]
    for text, blob in (
        (TEXT, later),
        (TEXT.replace("\n3\n", "\n4\n"), signature.blob),
        (TEXT, signature.blob[:-1]),
        (TEXT, signature.blob + b"\0"),
        (TEXT, b"\xff" * 8 + signature.blob[8:]),
        ("not a checkpoint\n", signature.blob),
    ):
        with pytest.raises(BadInput):
            signer.vkey.verify(text, blob)


def test_a_plain_signature_is_not_a_cosignature() -> None:
    plain = Ed25519Signer("w.example", _key(2))
    assert plain.vkey.key_id != WITNESS.vkey.key_id
    (signature,) = plain.sign(TEXT)
    with pytest.raises(BadInput):
        WITNESS.vkey.verify(TEXT, bytes(8) + signature.blob)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+",
        EXAMPLE_KEY + " ",
        EXAMPLE_KEY.replace("530d903a", "530D903A"),
        EXAMPLE_KEY.replace("530d903a", "530d903b"),
        EXAMPLE_KEY.replace("example.com/foo", "example.com/fob"),
        EXAMPLE_KEY.replace("example.com/foo", ""),
        EXAMPLE_KEY.replace("+Aeky", "+Auky"),  # ECDSA: not supported
        EXAMPLE_KEY[:-4],
    ],
)
def test_a_key_that_no_writer_writes_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_vkey(text)


def test_a_public_key_that_is_no_point_is_refused_when_used() -> None:
    key = VKey("a.example", 1, b"\xff" * 32)
    with pytest.raises(BadInput):
        key.verify("text\n", bytes(64))


def test_keys_of_all_kinds_are_read_as_written() -> None:
    for key in (LOG.vkey, WITNESS.vkey, POST_QUANTUM.vkey):
        assert parse_vkey(key.write()) == key


@pytest.mark.parametrize("text", ["no newline", "a\tb\n", "a\0b\n"])
def test_no_note_is_made_that_could_not_be_read(text: str) -> None:
    with pytest.raises(BadInput):
        sign_note(text, LOG)
