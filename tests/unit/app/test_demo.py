"""The demonstration says of a known honest site what the lists taken in say; sources that nobody opened count for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from saksi.app.cli import saksi
from saksi.app.cli.demo import _known_site
from saksi.app.cli.tell import tell_answer
from saksi.app.config import load
from saksi.app.home import Home
from saksi.app.node import Node

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
    tell_answer(replace(answer, independent=replace(answer.independent, sources=opened, unopened=unopened)))
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
