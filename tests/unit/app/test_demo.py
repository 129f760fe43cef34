"""The demonstration says of a known honest site what the lists taken in say; sources that nobody opened count for nothing."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from places import undescribed

from saksi.app.cli import saksi
from saksi.app.cli.demo import _known_site
from saksi.app.cli.tell import tell_answer
from saksi.app.config import load
from saksi.app.day.cast import code_now
from saksi.app.day.story import LANDLADY
from saksi.app.home import Home, now_text, people_key
from saksi.app.node import Node
from saksi.app.people.door import Knock
from saksi.app.people.people import open_people
from saksi.app.people.store import Store
from saksi.cases.triage import Urgency
from saksi.exchange.reference import reference
from saksi.model import BadInput, NotAllowed

SCAM = ("global-anti-scam.txt", "etherscan.io\nbad.example.net\n")
_WARNING = {
    "name": "List of known bank domains", "version": 1, "type": "hostname", "matching_attributes": ["hostname"],
    "description": "Event contains one or more entries of known banking website", "list": ["etherscan.io"],
}  # fmt: skip
WARNING = ("bank-website.json", json.dumps(_WARNING))


def taken(folder: Path, *lists: tuple[str, str]) -> Path:
    """A home with these lists taken in."""
    home = folder / "home"
    assert (
        CliRunner().invoke(saksi, ["--home", str(home), "init", "--authority", "centre.a.example"], standalone_mode=False).exception is None
    )
    for name, text in lists:
        (folder / name).write_text(text, encoding="utf-8")
        made = CliRunner().invoke(saksi, ["--home", str(home), "take", str(folder / name)], standalone_mode=False)
        assert made.exception is None, made.exception
    return home


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ((), "on no list taken in here: unknown, which does not mean safe"),
        ((SCAM,), "see who says what about it"),
        ((WARNING,), "on a list of honest sites: not flagged"),
        ((SCAM, WARNING), "on a scam list, and on a list of honest sites: see why it is not flagged"),
    ],
    ids=["no list", "a scam list", "a list of honest sites", "both"],
)
def test_a_known_site_is_told_as_the_lists_have_it(tmp_path: Path, lists: tuple[tuple[str, str], ...], said: str) -> None:
    home = Home(taken(tmp_path, *lists))
    node = Node(home, load(home.path, {}, {})[0])
    try:
        node.views.fold(node.ledger)
        assert _known_site(node) == said
    finally:
        node.close()


@pytest.mark.parametrize(
    ("opened", "unopened", "said"),
    [
        (1, 0, "independent sources for the role: 1"),
        (0, 1, "1 source, never opened: none counts as independent"),
        (0, 2, "2 sources, never opened: none counts as independent"),
        (1, 2, "independent sources for the role: 1"),
        (0, 0, "; 1 source"),
    ],
)
def test_sources_that_nobody_opened_are_said_to_be_unopened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], opened: int, unopened: int, said: str
) -> None:
    home = Home(taken(tmp_path, SCAM))
    node = Node(home, load(home.path, {}, {})[0])
    try:
        answer = node.ask("bad.example.net", country=None, reader=node.owner(), at=None)
    finally:
        node.close()
    assert (answer.independent.sources, answer.independent.unopened) == (1, 0)
    tell_answer(replace(answer, independent=replace(answer.independent, sources=opened, unopened=unopened)), now=answer.at)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " stand" in line and "source" in line]
    assert line.endswith(said)


def test_the_demonstration_ends_with_its_five_things(tmp_path: Path) -> None:
    words = ["demo", "--folder", str(tmp_path / "d"), "--data", str(tmp_path / "none"), "--reports", "20", "--no-serve"]
    made = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert made.exception is None, made.exception
    lines = made.stdout.splitlines()
    (line,) = [line for line in lines if "ask etherscan.io" in line]
    assert line.startswith("  2. saksi ask etherscan.io")
    assert line.partition("etherscan.io")[2].strip() in {
        "on no list taken in here: unknown, which does not mean safe",
        "on a list of honest sites: not flagged",
        "on a scam list, and on a list of honest sites: see why it is not flagged",
    }
    assert sum(line.startswith(f"  {number}. ") for number in range(1, 6) for line in lines) == 5
    assert any(line.startswith("checked ") and line.endswith("all as it was written") for line in lines)
    _the_day_is_there(tmp_path / "d", made.stdout)


def _the_day_is_there(folder: Path, said: str) -> None:
    """Something waits and something is late, letters were mailed, the pack holds for the command too, and its people can sign in."""
    home = Home(folder / "home")
    config = load(home.path, {}, {})[0]
    assert undescribed(home.path, config.directory, config.mailbox) == []
    with closing(Node(home, config)) as node:
        key = node.vkey
        stands = {node.book.history(each).crossing.said for each in node.book.ids()}
        assert stands == {"in force until it ends by itself", "withdrawn, and lifted", "drafted; approvals are missing"}
        (late,) = node.book.lines(waits=("us", "them"), before=now_text())
        assert late.kind == "takedown" and reference(late.id) in said
        contested = node.entity(LANDLADY, reader=node.owner(), at=None)
        assert contested.status == "contested" and not contested.flagged
        assert node.board.queue(now_text()).lines[0].triage.urgency is Urgency.DANGER
    letters = sorted(path.suffix for path in (folder / "mail").iterdir())
    assert letters == [".eml"] * 4 + [".pdf"] * 4, "three that ask, one that takes back"
    words = ["verify", str(folder / "day.pack.zip"), "--key", key]
    checked = CliRunner().invoke(saksi, words, standalone_mode=False)
    assert checked.return_value == 0 and "withdrawn, and lifted" in checked.stdout
    told = CliRunner().invoke(saksi, ["demo", "--folder", str(folder), "--code", "ada", "--json"], standalone_mode=False)
    shown = json.loads(told.stdout)
    store = Store(home.path / "people", key=people_key(home), clock=lambda: int(time.time()) + 60, random=os.urandom)
    people = open_people(store, ticks=time.monotonic)
    later = code_now(folder, "Ada", store.clock())
    assert shown["password"] == later[0] and shown["password"] in said
    token, _ = people.door.by_password("Ada", *later, Knock("127.0.0.1", "a browser", ""))
    assert people.sessions.find(token) is not None
    assert not people.sessions.of(people.register.named("Petra").id), "the sessions of the day are over"
    people.close()


def test_nobody_else_of_the_demonstration_signs_in(tmp_path: Path) -> None:
    for todo in ("name its --folder", "one of Ina"):
        made = CliRunner().invoke(saksi, ["demo", "--folder", str(tmp_path), "--code", "Eve"], standalone_mode=False)
        assert isinstance(made.exception, BadInput) and todo in str(made.exception)
        (tmp_path / "sign-in.json").write_text(json.dumps({"password": "", "keys": {"Ina": ""}}), encoding="utf-8")


def _demo(folder: Path, *more: str) -> Exception | None:
    words = ["demo", "--folder", str(folder), "--data", str(folder / "none"), "--reports", "0", "--no-serve", *more]
    return CliRunner().invoke(saksi, words, standalone_mode=False).exception  # type: ignore[return-value]


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_demonstration_takes_away_nothing_that_it_did_not_make(tmp_path: Path) -> None:
    taken(tmp_path, SCAM)
    before = _content(tmp_path)
    fault = _demo(tmp_path)
    assert isinstance(fault, NotAllowed)
    assert (fault.where, "--folder" in fault.todo) == (str(tmp_path / "home"), True)
    assert _content(tmp_path) == before
    (tmp_path / "post" / "mail").mkdir(parents=True)
    (tmp_path / "post" / "mail" / "a letter").write_text("of somebody")
    fault = _demo(tmp_path / "post")
    assert isinstance(fault, NotAllowed)
    assert (tmp_path / "post" / "mail" / "a letter").read_text() == "of somebody"


def test_a_demonstration_is_made_anew_unless_it_is_still_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saksi.app.cli.demo._show", lambda *_: None)
    assert _demo(tmp_path) is None
    (tmp_path / "mail" / "one").write_text("a letter")
    node = Node(Home(tmp_path / "home"), load(tmp_path / "home", {}, {})[0])
    with closing(node):
        assert node.ledger.size == 0
        before = _content(tmp_path / "home")
        fault = _demo(tmp_path)
        assert isinstance(fault, NotAllowed)
        assert "another process is writing here" in fault.what
        assert _content(tmp_path / "home") == before
    assert _demo(tmp_path) is None
    assert not (tmp_path / "mail" / "one").exists()


def test_a_demonstration_looks_for_its_port_before_it_works(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken_:
        words = ["demo", "--folder", str(tmp_path / "d"), "--port", str(taken_.getsockname()[1])]
        fault = CliRunner().invoke(saksi, words, standalone_mode=False).exception
    assert isinstance(fault, NotAllowed)
    assert not (tmp_path / "d").exists()
