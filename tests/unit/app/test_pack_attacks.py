"""Packs that somebody changed: an outsider, and an author who holds the log's key. Each change is found, where it should be."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pack_node as world
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pack_tools import Files, apart, check, first_bad, listed, logged, together

from saksi.actions.pack import CONSISTENCY, LOGGED, MANIFEST, Manifest
from saksi.app.node import Node
from saksi.app.packing import Order, write_pack
from saksi.ledger.note import Ed25519Signer, VKey
from saksi.model import LedgerFault, Reader, SaksiError

COURT = Reader(world.COURT, known=True)
STEPS = "steps/" + "a" * 32


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = world.new_node(tmp_path_factory.mktemp("attacked") / "home")
    digest = world.keep(made, world.ORIGINAL)
    ground = world.says(made, world.ONE, "role", "recipient", digest=digest)
    denied = world.says(made, world.ONE, "role", "recipient", polarity="deny")
    world.says(made, world.TWO, "role", "suspected-mule")
    world.log(made, world.steps_of(world.hold([ground], (denied,))))
    world.log(made, world.steps_of(world.hold([ground], (denied,), id_="b" * 32)))
    yield made
    made.close()


@pytest.fixture(scope="module")
def make(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    folder = tmp_path_factory.mktemp("packs")

    def made(*what: str) -> bytes:
        out = folder / f"{len(list(folder.iterdir()))}.pack.zip"
        write_pack(node, Order(what, COURT), out)
        return out.read_bytes()

    return made


@pytest.fixture(scope="module")
def small(make: Callable[..., bytes]) -> bytes:
    return make(world.TWO)


@pytest.fixture(scope="module")
def pack(make: Callable[..., bytes]) -> bytes:
    return make("a" * 32)


@pytest.fixture
def keys(node: Node) -> tuple[VKey, ...]:
    return node.ledger.vkeys


def test_every_flipped_byte_is_found(small: bytes, keys: tuple[VKey, ...]) -> None:
    """Headers too: each has one form, so there is no byte of which a reader takes no notice."""
    harmless = [at for at in range(len(small)) if check(_flipped(small, at), keys).code != 5]
    assert not harmless


@pytest.mark.nightly
def test_every_flipped_bit_of_a_whole_request_is_found(pack: bytes, keys: tuple[VKey, ...]) -> None:
    assert not [(at, bit) for at in range(len(pack)) for bit in range(8) if check(_flipped(pack, at, bit), keys).code != 5]


def _flipped(data: bytes, at: int, bit: int | None = None) -> bytes:
    made = bytearray(data)
    made[at] ^= 1 << (at % 8 if bit is None else bit)
    return bytes(made)


def test_a_pack_that_was_cut_or_lengthened_anywhere_is_refused(small: bytes) -> None:
    for end in [*range(0, len(small), 97), len(small) - 1]:
        assert first_bad(check(small[:end])).name == "form"
    for more in (small + b"\0", b"\0" + small, small + small):
        assert first_bad(check(more)).name == "form"


def test_an_outsider_can_take_nothing_away_and_put_nothing_in(pack: bytes, keys: tuple[VKey, ...]) -> None:
    files = apart(pack)
    assert together(files) == pack
    for name in files:
        left = {other: data for other, data in files.items() if other != name}
        bad = first_bad(check(together(left), keys))
        assert (bad.name, bad.state, bad.where) == ("manifest", "failed", name)
        if name not in {MANIFEST, LOGGED, CONSISTENCY, "key.txt", "checkpoint.txt", "index.html"}:
            assert first_bad(check(together(listed(left)), keys)).name == "logged"  # with a manifest to match
    for name in ("for/F00009.json", "extra.txt", "originals/" + "0" * 64):
        bad = first_bad(check(together({**files, name: b"x"}), keys))
        assert (bad.name, bad.where) == ("manifest", name)


def test_files_in_another_order_are_refused(small: bytes) -> None:
    names = list(apart(small))
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w") as made:
            for name in reversed(names):
                made.writestr(zipfile.ZipInfo(name), apart(small)[name])
        assert first_bad(check(out.getvalue())).name == "form"


def test_parts_of_another_pack_do_not_fit(make: Callable[..., bytes], pack: bytes, keys: tuple[VKey, ...]) -> None:
    mine, other = apart(pack), apart(make("b" * 32))
    for name in (LOGGED, CONSISTENCY):
        assert first_bad(check(together({**mine, name: other[name]}), keys)).name == "logged"
    assert first_bad(check(together({**mine, MANIFEST: other[MANIFEST]}), keys)).name == "manifest"
    swapped = {**mine, MANIFEST: other[MANIFEST], LOGGED: other[LOGGED], CONSISTENCY: other[CONSISTENCY]}
    assert first_bad(check(together(swapped), keys)).name == "manifest"


def test_an_older_checkpoint_does_not_stand_for_a_newer_one(
    make: Callable[..., bytes], node: Node, pack: bytes, keys: tuple[VKey, ...]
) -> None:
    newer, older = apart(make("a" * 32)), apart(pack)
    assert newer["checkpoint.txt"] != older["checkpoint.txt"]
    forged = {**newer, "checkpoint.txt": older["checkpoint.txt"]}
    assert first_bad(check(together(listed(forged)), keys)).name == "key"
    assert first_bad(check(together(logged(node, forged)), keys)).name == "key"
    old = Manifest.parse(older[MANIFEST])
    point = replace(Manifest.parse(newer[MANIFEST]), size=old.size, root=old.root)
    made = check(together(logged(node, {**forged, MANIFEST: point.write()})), keys)
    assert first_bad(made).name == "proofs"


def test_another_key_is_told_apart_from_a_broken_pack(pack: bytes, keys: tuple[VKey, ...]) -> None:
    other = Ed25519Signer("centre.a.example/saksi/1", Ed25519PrivateKey.generate()).vkey
    assert check(pack, keys).code == 0
    made = check(pack, [other])
    assert (made.code, first_bad(made).name, first_bad(made).state) == (1, "key", "mismatch")
    assert [one.state for one in made.findings[4:]] == ["not reached"] * 5
    alone = check(pack)
    assert (alone.code, alone.verdict) == (1, "it holds together, under a key that nobody has compared")
    assert [one.name for one in alone.findings if one.state != "ok"] == ["key"]


def test_a_whole_pack_forged_under_another_key_does_not_pass_the_real_one(tmp_path: Path, keys: tuple[VKey, ...]) -> None:
    forger = world.new_node(tmp_path / "home")
    world.says(forger, world.TWO, "role", "confirmed-mule")
    out = tmp_path / "forged.pack.zip"
    write_pack(forger, Order((world.TWO,), COURT), out)
    forger.close()
    assert check(out.read_bytes(), keys).code == 1
    assert "nobody has compared" in check(out.read_bytes()).verdict


# --- an author who edits afterwards, and logs what comes of it


def _renamed(files: Files, gone: int) -> Files:
    """Without one step, the others numbered through."""
    names = sorted(name for name in files if name.startswith(STEPS))
    rest = [files[name] for place, name in enumerate(names, 1) if place != gone]
    kept = {name: data for name, data in files.items() if name not in names}
    return kept | {f"{STEPS}/R{place:05}.json": data for place, data in enumerate(rest, 1)}


@pytest.mark.parametrize("gone", range(1, 8))
def test_a_history_without_one_of_its_steps_breaks(node: Node, pack: bytes, keys: tuple[VKey, ...], gone: int) -> None:
    made = check(together(logged(node, _renamed(apart(pack), gone))), keys)
    assert (made.code, first_bad(made).name) == (5, "steps")
    assert first_bad(made).where == f"{STEPS}/R{gone:05}.json"


def test_two_steps_in_each_others_place_break(node: Node, pack: bytes, keys: tuple[VKey, ...]) -> None:
    files = apart(pack)
    two, three = f"{STEPS}/R00002.json", f"{STEPS}/R00003.json"
    assert first_bad(check(together(logged(node, {**files, two: files[three], three: files[two]})), keys)).name == "steps"


def test_the_steps_of_another_request_do_not_fit(node: Node, make: Callable[..., bytes], pack: bytes, keys: tuple[VKey, ...]) -> None:
    files, other = apart(pack), apart(make("a" * 32, "b" * 32))
    theirs = {name.replace("b" * 32, "a" * 32): data for name, data in other.items() if "b" * 32 in name}
    mixed = {name: data for name, data in other.items() if not name.startswith("steps/")} | theirs
    about = replace(Manifest.parse(other[MANIFEST]), about=Manifest.parse(files[MANIFEST]).about)
    made = check(together(logged(node, {**mixed, MANIFEST: about.write()})), keys)
    assert first_bad(made).name == "steps"
    assert "another request" in first_bad(made).said


def test_a_statement_cannot_be_replaced_by_another_valid_one(
    node: Node, make: Callable[..., bytes], pack: bytes, keys: tuple[VKey, ...]
) -> None:
    world.says(node, world.TWO, "role", "infrastructure")
    both = apart(make("a" * 32, world.TWO))
    mine = [name for name in both if name.startswith("statements/")]
    swapped = {**both, mine[0]: both[mine[1]]}
    assert first_bad(check(together(listed(swapped)), keys)).name == "logged"
    assert first_bad(check(together(logged(node, swapped)), keys)).name == "proofs"
    gone = {name: data for name, data in both.items() if name != mine[0]}
    made = check(together(logged(node, gone)), keys)
    assert (first_bad(made).name, "neither here nor counted" in first_bad(made).said) == ("steps", True)


def test_what_speaks_for_the_person_cannot_be_left_out_or_moved(node: Node, pack: bytes, keys: tuple[VKey, ...]) -> None:
    files = apart(pack)
    (name,) = [name for name in files if name.startswith("for/")]
    gone = {other: data for other, data in files.items() if other != name}
    assert "neither here nor counted" in first_bad(check(together(logged(node, gone)), keys)).said
    moved = check(together(logged(node, {**gone, "statements/S00009.json": files[name]})), keys)
    assert (first_bad(moved).name, first_bad(moved).where) == ("proofs", "statements/S00009.json")
    (accusing,) = [name for name in files if name.startswith("statements/")]
    swapped = {other: data for other, data in files.items() if other != accusing} | {"for/F00009.json": files[accusing]}
    assert first_bad(check(together(logged(node, swapped)), keys)).name == "proofs"


def test_a_page_that_lies_is_found(node: Node, pack: bytes, keys: tuple[VKey, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    files = apart(pack)
    monkeypatch.setattr("pack_tools._told_again", lambda made, manifest: made)
    lying = {**files, "index.html": files["index.html"].replace(b"denied: ", b"")}
    assert lying != files
    made = check(together(logged(node, lying)), keys)
    assert (made.code, first_bad(made).name) == (5, "page")
    other = {**files, "index.html": files["index.html"].replace(b"page/2", b"page/1")}
    made = check(together(logged(node, other)), keys)
    assert (made.code, first_bad(made).state, made.verdict) == (0, "open", "verified, but for what is open above")


def test_a_record_of_custody_that_lies_is_found(node: Node, pack: bytes, keys: tuple[VKey, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    files = apart(pack)
    (name,) = [name for name in files if name.startswith("custody/")]
    monkeypatch.setattr("pack_tools._told_again", lambda made, manifest: made)
    lying = {**files, name: files[name].replace(b"intake-1", b"intake-2")}
    assert lying != files
    assert first_bad(check(together(logged(node, lying)), keys)).name == "custody"


def test_a_step_that_was_logged_against_the_rules_makes_no_pack(tmp_path: Path) -> None:
    made = world.new_node(tmp_path / "home")
    ground = world.says(made, world.ONE, "role", "recipient")
    steps = world.steps_of(world.hold([ground]))
    forged = replace(steps[3], after=steps[0].digest())  # sent without approval
    from saksi.actions import folded
    from saksi.actions.logged import entry_of

    subject = made.ledger.new_subject()
    for step, have in ((steps[0], folded(steps[:1])), (forged, folded(steps[:4]))):
        entry = entry_of(step, have, authority=world.AUTHORITY, handling=world.EVERYBODY, subject=subject)
        made.ledger.append_entries([entry])
    with pytest.raises(SaksiError, match="breaks a rule"):
        write_pack(made, Order(("a" * 32,), COURT), tmp_path / "x.pack.zip")
    assert not list(tmp_path.glob("*.zip"))
    made.close()


def test_an_original_that_changes_under_the_writer_leaves_no_pack(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = type(node.ledger).original
    calls: list[bytes] = []

    def other(self: object, digest: bytes) -> Iterator[bytes] | None:
        calls.append(digest)
        return real(self, digest) if len(calls) == 1 else iter([b"other"])  # type: ignore[arg-type]

    monkeypatch.setattr(type(node.ledger), "original", other)
    with pytest.raises(SaksiError, match="changed while it was put"):
        write_pack(node, Order(("a" * 32,), COURT), tmp_path / "x.pack.zip")
    assert not list(tmp_path.iterdir())


# --- zip files that are no packs


def _zip(files: Files, method: int = zipfile.ZIP_STORED, comment: bytes = b"", day: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.comment = comment
        for name, data in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(name, (1980, 1, day, 0, 0, 0)), data, method)
    return out.getvalue()


def test_zip_tricks_are_refused(small: bytes) -> None:
    files = apart(small)
    bomb = {"originals/" + "0" * 64: b"\0" * 50_000_000}
    twice = _zip(files) + small[-22:]
    tricks = {
        "compressed": _zip(files, zipfile.ZIP_DEFLATED), "a bomb": _zip(bomb, zipfile.ZIP_DEFLATED), "a comment": _zip(files, comment=b"x"),
        "another day": _zip(files, day=2), "a way up": _zip({**files, "../x": b""}), "a root": _zip({**files, "/etc/x": b""}),
        "a drive": _zip({**files, "C:x": b""}), "a backslash": _zip({**files, "a\\b": b""}), "a folder": _zip({**files, "for/": b""}),
        "deep": _zip({**files, "a/b/c/d": b""}), "another script": _zip({**files, "ក.json": b""}), "two ends": twice, "nothing": b"",
        "an empty one": _zip({}), "two in one": small + small, "in a box": _zip({"inner.zip": small}),
    }  # fmt: skip
    for name, data in tricks.items():
        made = check(data)
        assert (made.code, first_bad(made).name) == (5, "form" if name != "in a box" else first_bad(made).name), name
        assert first_bad(made).name in {"form", "manifest"}, name


def test_a_name_twice_encryption_and_lies_about_sizes_are_refused(small: bytes, pack: bytes) -> None:
    at = small.index(b"PK\x01\x02")
    local, central = 0, at
    for place, form, value in [
        (6, "<H", 1), (6, "<H", 8), (8, "<H", 8), (10, "<H", 7), (18, "<I", 1 << 31), (22, "<I", 0xFFFFFFFF), (28, "<H", 4),
    ]:  # fmt: skip
        made = bytearray(small)
        struct.pack_into(form, made, local + place, value)
        struct.pack_into(form, made, central + place + 2, value)
        assert first_bad(check(bytes(made))).name == "form", place
    twice = pack.replace(b"R00002.json", b"R00001.json")
    assert first_bad(check(twice)).name == "form"


def test_a_hundred_thousand_files_are_refused_at_once() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(100_000):
            made.writestr(zipfile.ZipInfo(f"statements/S{number:05}.json"), b"")
    assert first_bad(check(out.getvalue())).name == "form"


def test_noise_is_refused_and_never_raises(small: bytes) -> None:
    dice = random.Random(3)
    for _ in range(300):
        made = bytearray(small)
        for _ in range(dice.randrange(1, 30)):
            made[dice.randrange(len(made))] = dice.randrange(256)
        at = dice.randrange(len(made))
        del made[at : at + dice.randrange(3)]
        assert bytes(made) == small or check(bytes(made)).code == 5  # noise may happen to change nothing
        assert check(dice.randbytes(dice.randrange(3000))).code == 5


def test_a_pack_is_checked_whole_before_it_stands(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from saksi.app import packing

    monkeypatch.setattr(packing, "dump", lambda value: b"{}\n")
    with pytest.raises(LedgerFault, match="does not hold"):
        write_pack(node, Order(("a" * 32,), COURT), tmp_path / "x.pack.zip")
    assert not list(tmp_path.iterdir())
