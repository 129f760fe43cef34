"""What people told and the files they gave, kept apart as originals: a backup brings them, an erasure reaches them there, too."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from counter import AUTHORITY, Counter, sheet
from test_backup import saksi, sealed

from saksi.app.config import load
from saksi.app.home import Home
from saksi.app.intake.attachment import Attachment
from saksi.app.intake.intake import Intake, Receipt
from saksi.app.intake.prepared import Channel, Sheet
from saksi.app.intake.told import Contact, line_of
from saksi.app.node import Node

FILE = b"\x89PNG\r\n\x1a\n a picture of %s"


def told(name: str) -> Sheet:
    """A public report of somebody in danger, with what is sealed and a file."""
    made = sheet(
        name, Channel.PUBLIC, phones=("012 345 678",), in_danger=True, narrative=f"tale of {name}", contact=Contact(name=f"N {name}")
    )
    file = Attachment("shot.png", FILE % name.encode())
    return replace(made, files=(file,), line=line_of(made.told, (file,), name))


def original(node: Node, digest: bytes) -> bytes | None:
    pieces = node.ledger.original(digest)
    return None if pieces is None else b"".join(pieces)


def opened(place: Path) -> Node:
    home = Home(place)
    return Node(home, load(home.path, {}, {})[0])


def entity(receipt: Receipt) -> str:
    return f"report:{AUTHORITY}/{receipt.reference}"


def test_a_restore_brings_what_people_told_and_not_what_was_erased_before(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "home")
    stays, gone = told("one"), told("two")
    kept, erased = counter.intake.receive(stays), counter.intake.receive(gone)
    counter.facts(entity(erased))
    counter.node.erase(counter.node.plan_erasure(entity(erased)), ground="asked for")
    counter.close()
    words = sealed(tmp_path, tmp_path / "backup.saksi")
    saksi(tmp_path / "home", "backup", *words)
    saksi(tmp_path / "back", "restore", *words, "--newest")
    with closing(opened(tmp_path / "back")) as node:
        node.views.fold(node.ledger)
        assert original(node, stays.digest) == stays.line
        assert b"tale of one" in stays.line
        assert original(node, bytes.fromhex(stays.files[0].digest)) == stays.files[0].data
        assert original(node, gone.digest) is None
        assert original(node, bytes.fromhex(gone.files[0].digest)) is None
        with Intake(node) as intake:
            assert intake.opens(kept.reference, kept.secret)
            assert intake.find(erased.reference) is None
            assert intake.receive(stays).duplicate


def test_an_erasure_reaches_what_the_next_backup_brings(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "home")
    stays, gone = told("one"), told("two")
    kept, erased = counter.intake.receive(stays), counter.intake.receive(gone)
    counter.close()
    words = sealed(tmp_path, tmp_path / "backup.saksi")
    saksi(tmp_path / "home", "backup", *words)
    with closing(opened(tmp_path / "home")) as node:
        node.views.fold(node.ledger)
        node.erase(node.plan_erasure(entity(erased)), ground="asked for")
        assert original(node, gone.digest) is None
    later = sealed(tmp_path, tmp_path / "later.saksi")
    saksi(tmp_path / "home", "backup", *later)
    saksi(tmp_path / "back", "restore", *later, "--newest")
    with closing(opened(tmp_path / "back")) as node:
        node.views.fold(node.ledger)
        assert original(node, stays.digest) == stays.line
        assert original(node, gone.digest) is None
        assert original(node, bytes.fromhex(gone.files[0].digest)) is None
        assert node.views.facts(entity(kept)).total
        held = [path.read_bytes() for path in (tmp_path / "back").rglob("*") if path.is_file()]
        assert not any(b"tale of two" in data or b"picture of two" in data for data in held)


def test_old_data_with_newer_keys_is_without_what_was_erased_meanwhile(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "home")
    stays, gone = told("one"), told("two")
    counter.intake.receive(stays)
    erased = counter.intake.receive(gone)
    counter.close()
    words = sealed(tmp_path, tmp_path / "old")
    saksi(tmp_path / "home", "backup", *words)
    with closing(opened(tmp_path / "home")) as node:
        node.views.fold(node.ledger)
        node.erase(node.plan_erasure(entity(erased)), ground="asked for")
    saksi(tmp_path / "home", "backup", *sealed(tmp_path, tmp_path / "new"))
    saksi(tmp_path / "back", "restore", *words, "--keys", str(tmp_path / "new.keys"), "--newest")
    with closing(opened(tmp_path / "back")) as node:
        assert original(node, stays.digest) == stays.line
        assert original(node, gone.digest) is None
        assert original(node, bytes.fromhex(gone.files[0].digest)) is None


def test_a_value_takes_every_report_that_names_it(tmp_path: Path) -> None:
    """The second says nothing new of it but that it names it, too."""
    counter = Counter(tmp_path / "home")
    named = [told("one"), told("two")]
    apart = sheet("three", Channel.PUBLIC, phones=("012 345 679",))
    for one in (*named, apart):
        counter.intake.receive(one)
    counter.facts("phone:+85512345678")
    plan = counter.node.plan_erasure("phone:+85512345678")
    counter.node.erase(plan, ground="asked for")
    assert [original(counter.node, one.digest) is None for one in (*named, apart)] == [True, True, False]
    counter.close()
