"""A pack of a case: all it holds, who read and did what, three clocks, a paper for people; checked on a copy without a node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pack_node as world
import pytest
from click.testing import CliRunner
from pack_tools import apart, check, first_bad, listed, logged, together
from pyhanko.pdf_utils.reader import PdfFileReader

from saksi.actions.pack import Manifest
from saksi.actions.pack_case import Filed, Read, filed, write_reads
from saksi.actions.pack_exhibit import exhibits
from saksi.app.casing import Work
from saksi.app.cli import saksi
from saksi.app.node import Node
from saksi.app.packing import Order, Packed, write_pack
from saksi.app.packing_case import take_case
from saksi.app.packing_paper import paper_with
from saksi.app.posting.setting import FONTS
from saksi.cases import Case, Entry, Word
from saksi.model import BadInput, NotAllowed, Reader, Tlp
from saksi.model.actor import Actor, Role

LEAD = Actor("lead-1", "unit-x", frozenset({Role.ANALYST}))
STRANGER = Actor("stranger-1", "unit-x", frozenset({Role.ANALYST}))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = world.new_node(tmp_path / "home")
    yield made
    made.close()


def opened(node: Node) -> tuple[Case, str, str]:
    """A case that holds an account with what speaks against and for its holder, an original and a note; the two references."""
    digest = world.keep(node, world.ORIGINAL)
    against = world.says(node, world.ONE, "role", "recipient", digest=digest)
    speaks = world.says(node, world.ONE, "role", "victim-own")
    have = node.open_case("the second account", LEAD, Tlp.RED)
    for word, more in (
        (Word.ADD, {"refs": (against,), "entities": (world.ONE,), "documents": (digest,)}),
        (Word.NOTE, {"text": "<b>ហៅវិញ</b> called the bank"}),
    ):
        have = node.work(Work(case=have.id, word=word, head=have.head, **more), LEAD, Tlp.RED)  # type: ignore[arg-type]
    return have, against, speaks


def pack(node: Node, have: Case, out: Path, *, reader: Reader | None = None, **more: object) -> tuple[Packed, bytes]:
    order = Order((), reader or node.owner(Tlp.RED), analyst=LEAD.person, case=take_case(node, have.id, LEAD, Tlp.RED), **more)  # type: ignore[arg-type]
    packed = write_pack(node, order, out)
    return packed, out.read_bytes()


def test_all_that_a_case_holds_goes_in_and_is_checked_on_a_copy_with_the_core_alone(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    node.case(have.id, LEAD, Tlp.RED)
    with pytest.raises(BadInput, match="no such case"):
        node.case(have.id, STRANGER, Tlp.RED)
    packed, data = pack(node, have, tmp_path / "case.pack.zip")
    files = apart(data)
    assert {role: len(packed.manifest.of(role)) for role in ("entry", "statement", "for", "original", "reads")} == {
        "entry": 3, "statement": 1, "for": 1, "original": 1, "reads": 1,
    }  # fmt: skip
    page = files["index.html"].decode()
    assert "&lt;b&gt;ហៅវិញ&lt;/b&gt; called the bank" in page
    assert [page.index(text) for text in ("What speaks for the person", "who did what", "Who read it", "By when it happened")] == sorted(
        page.index(text) for text in ("What speaks for the person", "who did what", "Who read it", "By when it happened")
    )
    assert "speaks for somebody: F1" in page
    assert [line["who"] for line in json.loads(files["reads.json"])["reads"]] == ["lead-1", "stranger-1", "lead-1"]
    path = tmp_path / "elsewhere" / "copy.zip"
    path.parent.mkdir()
    path.write_bytes(data)
    without = ("saksi.views", "saksi.cases", "saksi.app", "saksi.exchange", "saksi.formats", "duckdb", "weasyprint")
    gone = f"import sys\nfor name in {without}: sys.modules[name] = None\n"
    run = "from saksi.actions.verify_pack import main\nsys.exit(main(sys.argv[1:]))"
    made = subprocess.run(
        [sys.executable, "-c", gone + run, str(path), "--key", node.vkey], capture_output=True, text=True, cwd=path.parent, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert f"case {have.id}: 3 entries, each after the one before" in made.stdout


def test_three_clocks_each_in_its_own_order(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    _, data = pack(node, have, tmp_path / "case.pack.zip")
    page = apart(data)["index.html"].decode()
    part = page[page.index("<h2>Chronology") :]
    for name, time in (("happened", "2026-04-30"), ("was reported", "2026-05-01"), ("became known to us", "2026-05-02T08:00:00Z")):
        told = part[part.index(f"By when it {name}") :].partition("</table>")[0]
        assert re.findall(r"<tr><td><bdi>([^<]*)</bdi></td><td><bdi>([SF]1)</bdi>", told) == [(time, "F1"), (time, "S1")]


def test_an_entry_left_out_moved_or_of_another_case_is_found_even_when_logged_again(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    _, data = pack(node, have, tmp_path / "case.pack.zip")
    files, keys = apart(data), node.ledger.vkeys
    names = [f"entries/E0000{number}.json" for number in (1, 2, 3)]
    for gone in names[:2]:
        short = {name: part for name, part in files.items() if name != gone}
        assert first_bad(check(together(logged(node, short)), keys)).said == "it does not come after the entry before it"
    swapped = {**files, names[1]: files[names[2]], names[2]: files[names[1]]}
    assert first_bad(check(together(logged(node, swapped)), keys)).said == "it does not come after the entry before it"
    none = {name: part for name, part in files.items() if name not in names}
    assert first_bad(check(together(logged(node, none)), keys)).said == "the entries in the pack are not those of the case it is about"
    unfavoured = {name: part for name, part in files.items() if not name.startswith("for/")}
    assert "neither here nor counted as withheld" in first_bad(check(together(logged(node, unfavoured)), keys)).said
    other = node.open_case("another", LEAD, Tlp.RED)
    _, theirs = pack(node, other, tmp_path / "other.pack.zip")
    mixed = {**files, names[0]: apart(theirs)[names[0]]}
    assert first_bad(check(together(logged(node, mixed)), keys)).state == "failed"
    reads = json.loads(files["reads.json"])["reads"][:-1]
    lying = listed({**files, "reads.json": write_reads(have.id, [Read(**one) for one in reads])})
    assert first_bad(check(together(lying), keys)).name == "logged"


def test_entries_that_are_not_for_a_reader_are_counted_and_the_rest_goes(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    packed, data = pack(node, have, tmp_path / "case.pack.zip", reader=Reader(world.COURT, known=True))
    files = apart(data)
    assert {one.what: one.count for one in packed.manifest.withheld}["entry"] == "fewer than five"
    assert not any(name.startswith("entries/") or name == "reads.json" for name in files)
    assert b"called the bank" not in data
    assert b"lead-1" not in files["index.html"]
    assert packed.report.code == 0


def test_a_member_alone_takes_a_case_out_and_a_sealed_one_nobody_does(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    with pytest.raises(BadInput, match="no such case"):
        take_case(node, have.id, STRANGER, Tlp.RED)
    node.work(Work(case=have.id, word=Word.SEAL, head=have.head, text="a leak"), LEAD, Tlp.RED)
    with pytest.raises(NotAllowed, match="sealed"):
        take_case(node, have.id, LEAD, Tlp.RED)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not here to read the PDF back")
def test_the_paper_is_tagged_and_has_checkpoint_and_contents_on_every_page(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    packed, data = pack(node, have, tmp_path / "case.pack.zip", paper=paper_with(FONTS))
    made, path = apart(data)["paper.pdf"], tmp_path / "paper.pdf"
    assert PdfFileReader(BytesIO(made)).root["/MarkInfo"]["/Marked"]
    path.write_bytes(made)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        foot = page.rstrip().splitlines()[-3:]
        assert packed.manifest.contents in foot[2]
        assert packed.manifest.root in foot[1]
        assert foot[0].replace(" ", "").endswith(f"{number}/{len(pages)}")
    assert {"S1", "F1", "E1", "E3"} <= set(text.split())
    assert sha256(made).hexdigest() == packed.manifest.of("paper")[0].sha256


def test_the_command_takes_a_case_with_a_paper(node: Node, tmp_path: Path) -> None:
    have, _, _ = opened(node)
    home, key, out = str(node.files.path), node.vkey, tmp_path / "case.pack.zip"
    node.close()
    words = ["pack", f"case:{have.id}", "--out", str(out), "--home", home]
    nobody = CliRunner().invoke(saksi, words)
    assert nobody.exit_code == 2
    made = CliRunner().invoke(saksi, [*words, "--analyst", "lead-1", "--paper"], standalone_mode=False)
    assert made.exception is None, made.exception
    assert "3 entries of a case" in made.output
    assert apart(out.read_bytes())["paper.pdf"].startswith(b"%PDF-")
    ran = CliRunner().invoke(saksi, ["verify", str(out), "--key", key], standalone_mode=False)
    assert (ran.return_value, "each after the one before" in ran.output) == (0, True)


def test_the_chain_of_a_pack_is_the_chain_of_a_case(node: Node, tmp_path: Path) -> None:
    """The two rooms know nothing of each other: each works the digest out by itself."""
    have, _, _ = opened(node)
    _, data = pack(node, have, tmp_path / "case.pack.zip")
    files = apart(data)
    manifest = Manifest.parse(files["manifest.json"])
    found = filed(manifest, exhibits(manifest, files, node.ledger.vkeys), files)
    assert isinstance(found, Filed)
    entries = [Entry.from_json(dict(one.record)) for one in found.entries]
    assert [one.after for one in entries[1:]] == [one.digest() for one in entries[:-1]]
    assert entries[-1].digest() == have.head
    assert replace(entries[0], text="x").digest() != entries[0].digest()
