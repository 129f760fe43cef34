"""Checkpoints, tiles, proof files and trust policies: read exactly as they are written."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.checkpoint import Checkpoint, parse_checkpoint
from saksi.ledger.merkle import EMPTY_ROOT, Edge, leaf_hash, path_of, root_of
from saksi.ledger.note import Ed25519Signer, Ed25519Witness, Signers, sign_note
from saksi.ledger.policy import parse_policy
from saksi.ledger.tiles import Tile, frame_entries, parse_entries, parse_path, tiles_of
from saksi.ledger.tlogproof import TlogProof, parse_proof
from saksi.ledger.verify import verify_checkpoint, verify_proof
from saksi.ledger.wire import parse_decimal
from saksi.model.errors import BadInput

ROOT64 = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
GOOD = f"example.com/behind-the-sofa\n20852163\n{ROOT64}\n"


def _log(number: int) -> Ed25519Signer:
    return Ed25519Signer(f"log{number}.example", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def _witness(number: int) -> Ed25519Witness:
    key = Ed25519PrivateKey.from_private_bytes(bytes([100 + number]) * 32)
    return Ed25519Witness(f"w{number}.example", key, lambda: 1_700_000_000 + number)


@pytest.mark.parametrize("text", [GOOD, GOOD + "extension\n", f"empty.example\n0\n{base64.b64encode(EMPTY_ROOT).decode()}\n"])
def test_checkpoints_are_read_as_written(text: str) -> None:
    assert parse_checkpoint(text).text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-1],
        GOOD + "\n",
        GOOD + "extension\n\nextension\n",
        "\n" + GOOD.split("\n", 1)[1],
        GOOD.replace("20852163", "020852163"),
        GOOD.replace("20852163", "+20852163"),
        GOOD.replace("20852163", " 20852163"),
        GOOD.replace("20852163", "20_852_163"),
        GOOD.replace("20852163", "-1"),
        GOOD.replace("20852163", ""),
        GOOD.replace("20852163", "9223372036854775808"),
        GOOD.replace("20852163", "๒๐๘"),
        GOOD.replace("20852163", "0"),  # nothing has no such root
        GOOD.replace(ROOT64, ROOT64[:-1]),
        GOOD.replace(ROOT64, ROOT64.replace("q2I=", "q2J=")),
        GOOD.replace(ROOT64, "AAAA"),
        GOOD.replace(ROOT64, ROOT64 + " "),
        GOOD.replace("behind", "be\rhind"),
    ],
)
def test_other_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_checkpoint(text)


@pytest.mark.parametrize("text", ["", "00", "-0", "1e3", "１２", "9223372036854775808", "1" * 40])
def test_numbers_are_plain(text: str) -> None:
    with pytest.raises(BadInput):
        parse_decimal(text, "a number")


PATHS = {
    Tile(0, 0): "tile/0/000",
    Tile(0, 1234067): "tile/0/x001/x234/067",
    Tile(63, 999, 255): "tile/63/999.p/255",
    Tile(-1, 1000, 1): "tile/entries/x001/000.p/1",
}


@pytest.mark.parametrize(("tile", "path"), PATHS.items())
def test_tile_paths(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/../000",
        "tile/entries/٠٠٠",
        "/tile/0/000",
        "tile/data/000",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(BadInput):
        parse_path(path)


def test_the_tiles_of_70000_entries() -> None:
    """The example of C2SP tlog-tiles."""
    tiles = list(tiles_of(70_000))
    assert [len([t for t in tiles if t.level == level]) for level in (-1, 0, 1, 2, 3)] == [274, 274, 2, 1, 0]
    assert {t.path() for t in tiles if t.width < 256 and t.level >= 0} == {
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    }
    assert [t.path() for t in tiles_of(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert [t.path() for t in tiles_of(257, since=256)] == ["tile/entries/001.p/1", "tile/0/001.p/1", "tile/1/000.p/1"]
    assert list(tiles_of(0)) == []


def test_entries_are_framed_by_their_length() -> None:
    entries = [b"", b"a", b"b" * 65_535]
    assert frame_entries(entries)[:6] == b"\0\0\0\1a\xff"
    assert parse_entries(frame_entries(entries), 3) == entries
    with pytest.raises(BadInput, match="too long"):
        frame_entries([b"c" * 65_536])


@pytest.mark.parametrize("data", [b"\0", b"\0\1", b"\0\2a", b"\0\0\0"])
def test_torn_bundles_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        parse_entries(data)


def _proof(extra: bytes | None = None, size: int = 7) -> tuple[TlogProof, bytes]:
    entries = [b"entry %d" % i for i in range(size)]
    leaves = [leaf_hash(entry) for entry in entries]
    text = Checkpoint("log1.example", size, root_of(leaves)).text()
    note = sign_note(text, Signers((_log(1), _witness(1), _witness(2))))
    return TlogProof(4, tuple(path_of(4, leaves)), note.write(), extra), entries[4]


@pytest.mark.parametrize("extra", [None, b"", b"page 4"])
def test_proof_files_are_read_as_written_and_prove_their_entry(extra: bytes | None) -> None:
    proof, entry = _proof(extra)
    read = parse_proof(proof.write())
    assert read == proof
    assert verify_proof(read, entry, [_log(1).vkey]).checkpoint.size == 7
    with pytest.raises(BadInput):
        verify_proof(read, entry + b"!", [_log(1).vkey])
    with pytest.raises(BadInput):
        verify_proof(read, entry, [_log(2).vkey])
    with pytest.raises(BadInput):
        verify_proof(TlogProof(3, read.path, read.checkpoint), entry, [_log(1).vkey])


def test_a_proof_of_the_only_entry_has_an_empty_path() -> None:
    text = Checkpoint("log1.example", 1, leaf_hash(b"x")).text()
    proof = TlogProof(0, (), sign_note(text, _log(1)).write())
    assert parse_proof(proof.write()) == proof
    verify_proof(proof, b"x", [_log(1).vkey])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"index 4", b"index 04"),
        (b"index 4", b"index  4"),
        (b"index 4\n", b""),
        (b"index 4", b"extra AA==\nextra AA==\nindex 4"),
        (b"index 4", b"extra AB==\nindex 4"),
        (b"index 4", b"extra\nindex 4"),
        (b"index 4", b"index 4\nAAAA"),
        (b"index 4", b"index 4\r"),
        ("—".encode(), b"-"),
        (b"\n\nlog1", b"\nlog1"),
    ],
)
def test_other_proof_files_are_refused(old: bytes, new: bytes) -> None:
    data = _proof()[0].write()
    assert old in data
    with pytest.raises(BadInput):
        parse_proof(data.replace(old, new, 1))


def test_a_checkpoint_signed_by_witnesses_alone_is_not_the_logs() -> None:
    text = Checkpoint("log1.example", 1, leaf_hash(b"x")).text()
    note = sign_note(text, Signers((_witness(1), _witness(2)))).write()
    with pytest.raises(BadInput, match="only others have signed"):
        verify_checkpoint(note, [_log(1).vkey, _witness(1).vkey])


def test_a_logs_key_need_not_bear_its_origin() -> None:
    """Some public logs sign under a host's name and call the log something else."""
    point = Checkpoint("a database tree", 1, leaf_hash(b"x"))
    held = verify_checkpoint(sign_note(point.text(), _log(1)).write(), [_log(1).vkey])
    assert (held.checkpoint, held.origin_is_key_name) == (point, False)
    named = sign_note(Checkpoint("log1.example", 1, leaf_hash(b"x")).text(), _log(1)).write()
    assert verify_checkpoint(named, [_log(1).vkey]).origin_is_key_name


def _policy(quorum: str = "quorum both\n") -> bytes:
    w = [_witness(i).vkey.write() for i in range(4)]
    return (
        f"# who is believed\nlog {_log(1).vkey.write()} https://log1.example/\n\n"
        f"witness A {w[0]}\nwitness\tB\t{w[1]}  \nwitness C {w[2]} https://w2.example\n  witness D {w[3]}\n"
        "group two 2 A B C\ngroup both all two D\n" + quorum
    ).encode()


def test_a_quorum_of_witnesses() -> None:
    policy = parse_policy(_policy())
    text = Checkpoint("log1.example", 1, leaf_hash(b"x")).text()
    for witnesses, enough in (((0, 1, 3), True), ((0, 1, 2), False), ((0, 3), False), ((1, 2, 3), True), ((), False)):
        note = sign_note(text, Signers((_log(1), *map(_witness, witnesses)))).write()
        if enough:
            held = verify_checkpoint(note, [], policy=policy).signed_by
            assert len(held) == 1 + len(witnesses)
        else:
            with pytest.raises(BadInput, match="has not cosigned"):
                verify_checkpoint(note, [], policy=policy)


def test_a_policy_lists_its_logs() -> None:
    text = Checkpoint("log2.example", 1, leaf_hash(b"x")).text()
    note = sign_note(text, _log(2)).write()
    with pytest.raises(BadInput):
        verify_checkpoint(note, [], policy=parse_policy(_policy("quorum none\n")))
    with pytest.raises(BadInput, match="does not list"):
        verify_checkpoint(note, [_log(2).vkey], policy=parse_policy(_policy("quorum none\n")))
    verify_checkpoint(note, [_log(2).vkey], policy=parse_policy(b"quorum none\n"))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"quorum\n",
        b"quorum nobody\n",
        b"quorum A\nquorum B\n",
        b"group E 0 D\nquorum E\n",
        b"group E 2 D\nquorum E\n",
        b"group E any\nquorum E\n",
        b"group E any A\nquorum E\n",  # A is a member of `two` already
        b"group none any D\nquorum none\n",
        b"group A any D\nquorum A\n",
        b"group E any none\nquorum E\n",
        b"quorum none",
        b"quorum none\r\n",
        b"quorum none extra\n",
        b"other A\nquorum none\n",
        b"log " + _log(1).vkey.write().encode() + b"\nquorum none\n",
        b"witness E " + _log(5).vkey.write().encode() + b"\nquorum none\n",
        b"witness A " + _witness(7).vkey.write().encode() + b"\nquorum none\n",
    ],
)
def test_other_policies_are_refused(line: bytes) -> None:
    start = _policy("").replace(b"group both all two D\n", b"")
    parse_policy(start + b"quorum two\n")
    with pytest.raises(BadInput):
        parse_policy(start + line)


def test_an_edge_knows_its_size() -> None:
    with pytest.raises(BadInput):
        Edge(3, (bytes(32),))


def test_a_policy_cannot_nest_without_end() -> None:
    start, lines = _policy("").replace(b"group both all two D\n", b""), [b"group g0 any D"]
    lines += [b"group g%d any g%d" % (n, n - 1) for n in range(1, 400)]
    parse_policy(start + b"\n".join(lines[:200]) + b"\nquorum g199\n")
    with pytest.raises(BadInput, match="more than"):
        parse_policy(start + b"\n".join(lines) + b"\nquorum g399\n")
    with pytest.raises(BadInput, match="too long"):
        parse_policy(b"#\n" * 600_000)
