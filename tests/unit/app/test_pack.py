"""Making packs: what goes in for whom, what speaks for the person, what is counted as withheld, and that it is checked without a node."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pack_node as world
import pytest
from click.testing import CliRunner
from pack_tools import apart, check

from saksi.actions.pack import FEW, MANIFEST, Manifest
from saksi.app.cli import saksi
from saksi.app.node import Node
from saksi.app.packing import Order, Packed, write_pack
from saksi.model import Amendment, Asserter, BadInput, Marking, NotAllowed, Op, Pap, Reader, Source, Statement, Tlp

COURT = Reader(world.COURT, known=True)
Make = Callable[..., tuple[Packed, bytes]]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = world.new_node(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def make(node: Node, tmp_path: Path) -> Make:
    def made(*what: str, reader: Reader = COURT, **more: object) -> tuple[Packed, bytes]:
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.pack.zip"
        packed = write_pack(node, Order(what, reader, **more), out)  # type: ignore[arg-type]
        return packed, out.read_bytes()

    return made


def named(data: bytes, folder: str) -> list[str]:
    return [name for name in apart(data) if name.startswith(folder)]


def counts(made: Packed) -> dict[tuple[str, str], str]:
    return {(one.what, one.marking): one.count for one in made.manifest.withheld}


def test_a_pack_about_a_request_holds_its_grounds_its_steps_and_what_speaks_for_the_holder(node: Node, make: Make) -> None:
    digest = world.keep(node, world.ORIGINAL)
    ground = world.says(node, world.ONE, "role", "recipient", digest=digest)
    world.says(node, world.ONE, "role", "recipient", polarity="deny")  # the request does not name it
    world.says(node, world.ONE, "role", "victim-own")
    for number in range(5):
        world.says(node, world.ONE, "role", "suspected-mule", title=f"another {number}")
    world.log(node, world.steps_of(world.hold([ground])))
    packed, data = make("a" * 32)
    files = apart(data)
    assert len(named(data, "statements/")) == 1
    assert len(named(data, "for/")) == 2
    assert len(named(data, "steps/")) == 8
    assert files[f"originals/{digest}"] == world.ORIGINAL
    (left,) = packed.manifest.withheld
    assert (left.what, left.count) == ("statement", "5")  # accuses too, and was not asked for: said, not shown
    custody = json.loads(files[f"custody/{digest}.json"])
    first, last = custody["events"][0], custody["events"][-1]
    assert (first["who"], first["at"], first["digest"]) == ("centre.a.example / intake-1", "2026-05-01T10:00:00Z", digest)
    assert last["at"] == packed.manifest.made_at
    page = files["index.html"].decode()
    assert packed.manifest.synthetic
    assert "Synthetic" in page
    assert page.count(packed.manifest.contents) == 2  # in its head, and in the foot of each printed page
    assert "<script" not in page
    assert "http-equiv" in page


def test_only_what_the_reader_may_see_goes_in_and_the_rest_is_counted(node: Node, make: Make) -> None:
    world.says(node, world.ONE, "role", "recipient")
    for number in range(7):
        world.says(node, world.ONE, "role", "suspected-mule", handling=world.OURS, title=f"hidden-{number}")
    world.says(node, world.ONE, "role", "victim-own", handling=world.OURS, title="hidden too")
    packed, data = make(world.ONE)
    assert counts(packed) == {("statement", "TLP:RED"): "7", ("for", "TLP:RED"): FEW}
    assert b"hidden" not in data
    assert b"victim-own" not in data
    page = apart(data)["index.html"].decode()
    assert "withheld of what speaks for the person: fewer than five" in page
    home, whole = make(world.ONE, reader=node.owner())
    assert home.manifest.withheld == ()
    assert len(named(whole, "statements/")) == 8
    assert len(named(whole, "for/")) == 1


def test_the_marking_in_force_decides_and_what_takes_an_accusation_back_goes_with_it(node: Node, make: Make) -> None:
    ref = world.says(node, world.ONE, "role", "recipient")
    back = Statement(
        Amendment(Op.RETRACT, ref, None, "a mistake"),
        Source(title="a second look"),
        Asserter(world.AUTHORITY, "2026-05-03T08:00:00Z"),
        world.EVERYBODY,
    )
    (second,) = node.ledger.append([back])
    _, data = make(ref)
    assert len(named(data, "statements/")) == len(named(data, "for/")) == 1
    closed = Statement(
        Amendment(Op.RELABEL, ref, second), Source(title="relabelled"), Asserter(world.AUTHORITY, "2026-05-04T08:00:00Z"), world.OURS
    )
    node.ledger.append([closed])
    with pytest.raises(NotAllowed, match="nothing here that"):
        make(ref)


def test_an_original_stays_out_while_something_on_it_or_its_take_is_not_for_the_reader(node: Node, make: Make) -> None:
    digest = world.keep(node, world.ORIGINAL)
    ref = world.says(node, world.ONE, "role", "recipient", digest=digest)
    assert named(make(ref)[1], "originals/")
    world.says(node, world.TWO, "role", "victim-own", digest=digest, handling=world.OURS)
    packed, data = make(ref)
    assert not named(data, "originals/")
    assert counts(packed)["original", "TLP:RED"] == FEW
    other = world.keep(node, b"another file", handling=world.OURS)
    packed, data = make(world.says(node, "account:XB:BANKB:0003", "role", "recipient", digest=other))
    assert not named(data, "originals/")
    assert counts(packed) == {("note", "TLP:RED"): FEW, ("original", "TLP:RED"): FEW}
    packed, data = make(ref, reader=node.owner(), originals=False)
    assert not named(data, "originals/")
    assert packed.manifest.withheld[0].why == "originals were not asked for"


def test_a_later_pack_tells_of_the_earlier_one(node: Node, make: Make) -> None:
    digest = world.keep(node, world.ORIGINAL)
    ref = world.says(node, world.ONE, "role", "recipient", digest=digest)
    first, _ = make(ref)
    _, data = make(ref)
    events = json.loads(apart(data)[f"custody/{digest}.json"])["events"]
    (handed,) = [event for event in events if "copied into the pack" in event["what"]]
    assert first.digest in handed["what"]
    assert handed["to"] == world.COURT


def test_what_was_erased_is_not_in_a_pack(node: Node, make: Make) -> None:
    subject = node.ledger.new_subject()
    said = world.hold([world.says(node, world.ONE, "role", "recipient")])
    world.log(node, world.steps_of(said))
    content = Statement.parse(node.ledger.payload(0) or b"")
    (ref,) = node.ledger.append([content.__class__(content.content, Source(title="other"), content.asserter, world.EVERYBODY)],
                                subjects=[[subject]])  # fmt: skip
    node.views.fold(node.ledger)
    node.erase(node.ledger.plan_erasure([subject]), ground="asked for")
    with pytest.raises(BadInput, match="nothing is recorded"):
        make("+855 12 345 999")
    with pytest.raises((BadInput, NotAllowed)):
        make(ref)


def test_requests_that_are_not_for_the_reader_or_not_there_are_refused(node: Node, make: Make, tmp_path: Path) -> None:
    ground = world.says(node, world.ONE, "role", "recipient")
    world.log(node, world.steps_of(world.hold([ground])), handling=world.OURS)
    with pytest.raises(NotAllowed, match="may not be shown"):
        make("a" * 32)
    make("a" * 32, reader=node.owner())
    with pytest.raises(BadInput, match="no such request"):
        make("c" * 32)
    with pytest.raises(BadInput, match="no such statement"):
        make("f" * 64)
    (tmp_path / "there.pack.zip").write_bytes(b"x")
    with pytest.raises(BadInput, match="a file already"):
        write_pack(node, Order((ground,), COURT), tmp_path / "there.pack.zip")
    assert (tmp_path / "there.pack.zip").read_bytes() == b"x"


def test_a_pack_too_large_is_refused_before_anything_is_logged(node: Node, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from saksi.actions import pack_zip

    for number in range(9):
        world.says(node, world.ONE, "role", "recipient", title=f"report {number}")
    size = node.ledger.size
    for most in (5, 12):  # of proofs alone, and with what goes beside them
        monkeypatch.setattr(pack_zip, "MOST_FILES", most)
        with pytest.raises(BadInput, match="at most"):
            make(world.ONE)
    assert node.ledger.size == size


def test_a_ground_that_is_not_for_the_reader_is_counted_as_one(node: Node, make: Make) -> None:
    hidden = world.says(node, world.ONE, "role", "compromised", handling=world.OURS)
    world.log(node, world.steps_of(world.hold([hidden], (hidden,))))
    packed, data = make("a" * 32)
    assert counts(packed) == {("ground", "TLP:RED"): FEW}
    assert b"compromised" not in data


def test_no_purpose_no_pack(tmp_path: Path, node: Node, make: Make) -> None:
    ref = world.says(node, world.ONE, "role", "recipient", handling=Marking(Tlp.AMBER, Pap.AMBER, (world.COURT,)))
    with pytest.raises(NotAllowed):
        make(ref)


def test_a_pack_of_many_requests_is_a_list(node: Node, make: Make) -> None:
    ground = world.says(node, world.ONE, "role", "recipient")
    for name in "ab":
        world.log(node, world.steps_of(world.hold([ground], id_=name * 32)))
    packed, data = make("a" * 32, "b" * 32, ground)
    assert [one.kind for one in packed.manifest.about] == ["request", "request", "statement"]
    assert len(named(data, "steps/")) == 16


def test_a_paper_goes_in_and_may_bear_the_contents(node: Node, make: Make) -> None:
    ref = world.says(node, world.ONE, "role", "recipient")
    packed, data = make(ref, paper=lambda outline: f"%PDF {outline.manifest.contents}".encode())
    assert apart(data)["paper.pdf"] == f"%PDF {packed.manifest.contents}".encode()
    assert "its words are not compared" in check(data, node.ledger.vkeys).findings[-1].said


def test_a_large_original_passes_in_pieces(node: Node, make: Make) -> None:
    size = 48_000_000
    digest = world.keep(node, b"\x5a" * size)
    ref = world.says(node, world.ONE, "role", "recipient", digest=digest)
    out = node.files.path.parent / "large.pack.zip"
    tracemalloc.start()
    try:
        write_pack(node, Order((ref,), COURT), out)
        with out.open("rb") as file:
            from saksi.actions.verify_pack import checked

            assert checked(file, node.ledger.vkeys).code == 0
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()
    assert out.stat().st_size > size


ALONE = Path(__file__).with_name("alone.py")


def test_it_is_checked_with_the_core_alone(node: Node, make: Make, tmp_path: Path) -> None:
    _, data = make(world.says(node, world.ONE, "role", "recipient"))
    path = tmp_path / "alone.zip"
    path.write_bytes(data)

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, str(ALONE), str(path), *more], capture_output=True, text=True, check=False)

    good = run("--key", node.vkey)
    assert (good.returncode, good.stdout.splitlines()[-1], good.stderr) == (0, "verified", "")
    assert (run().returncode, run("--key").returncode, run(str(path)).returncode) == (1, 2, 2)
    path.write_bytes(data[:-1])
    bad = run("--json", "--key", node.vkey)
    assert bad.returncode == 5
    assert json.loads(bad.stdout)["steps"][0]["state"] == "failed"


def test_the_commands_make_and_check_a_pack(node: Node, tmp_path: Path) -> None:
    ref = world.says(node, world.ONE, "role", "recipient")
    key, home = node.vkey, str(node.files.path)
    node.close()
    out = tmp_path / "one.pack.zip"
    made = CliRunner().invoke(
        saksi, ["pack", ref, "--out", str(out), "--for", world.COURT, "--home", home, "--json"], standalone_mode=False
    )
    assert made.exception is None, made.exception
    told = json.loads(made.stdout)
    assert (told["for"], told["withheld"], told["key"]) == (world.COURT, [], key)
    assert out.stat().st_mode & 0o077 == 0

    def verify(*words: str) -> tuple[int, dict[str, object]]:
        ran = CliRunner().invoke(saksi, ["verify", *words, "--json"], standalone_mode=False)
        assert ran.exception is None, ran.exception
        return ran.return_value, json.loads(ran.stdout)

    code, said = verify(str(out), "--key", key)
    assert (code, said["verdict"]) == (0, "verified")
    assert verify(str(out))[0] == 1
    out.write_bytes(out.read_bytes()[:-30])
    code, said = verify(str(out), "--key", key)
    assert (code, said["verdict"]) == (5, "REFUSED: it does not hold")
    assert Manifest.parse(apart(_again(tmp_path, home, ref))[MANIFEST]).reader.home


def _again(folder: Path, home: str, ref: str) -> bytes:
    out = folder / "own.pack.zip"
    made = CliRunner().invoke(saksi, ["pack", ref, "--out", str(out), "--home", home], standalone_mode=False)
    assert made.exception is None, made.exception
    assert "check anywhere" in made.output
    return out.read_bytes()
