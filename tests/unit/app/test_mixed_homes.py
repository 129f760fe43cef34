"""Folders of two nodes in one home are refused at every opening, by name, and nothing in them is changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saksi.app.cli import saksi
from saksi.model import LedgerFault

HEAD = "reference,reported_at,country,synthetic,scam_phone,victim_phone,narrative\n"
PHONE = "+85512100001"


def call(home: Path, *words: str) -> Result:
    return CliRunner().invoke(saksi, ["--home", str(home), "--json", *words], standalone_mode=False)


def node(folder: Path, name: str, authority: str, takes: int = 1) -> Path:
    home = folder / name
    assert call(home, "init", "--authority", authority, "--country", "KH").exception is None
    for number in range(takes):
        file = folder / f"{name}-{number}.csv"
        file.write_text(
            f"{HEAD}R{number},2024-05-01,KH,true,+8551210000{number + 1},+8551234567{number},words of {name}\n", encoding="utf-8"
        )
        made = call(home, "take", "--source", "report-desk", str(file))
        assert made.exception is None, made.exception
    return home


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("homes")
    return {
        "ours": node(folder, "ours", "centre.a.example"),
        "another": node(folder, "another", "centre.b.example"),
        "longer": node(folder, "longer", "centre.b.example", takes=3),
        "namesake": node(folder, "namesake", "centre.a.example"),
    }


def mixed(homes: dict[str, Path], other: str, part: str, to: Path) -> Path:
    shutil.copytree(homes["ours"], to)
    for name in part.split(" "):
        place = to / name
        if place.is_dir():
            shutil.rmtree(place)
            shutil.copytree(homes[other] / name, place)
        else:
            shutil.copy(homes[other] / name, place)
    return to


def content(home: Path) -> dict[str, bytes]:
    """All files, but for locks, the second place, which counts every opening, and what readers of the index share in memory."""
    passed = {"lock", "log.highest", "serving.sqlite-shm"}
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name not in passed}


@pytest.mark.parametrize("other", ["another", "longer", "namesake"])
@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("ledger/log ledger/log.highest", "ledger/log"),
        ("ledger/vault", "vault.data"),
        ("ledger/keys", "ledger/log"),
        ("ledger/keys/signing.key", "ledger/log"),
        ("ledger/keys/vault.key", "vault.key"),
        ("ledger/keys/subjects.slots", "subjects.slots"),
        ("views", "views"),
    ],
)
def test_a_part_of_another_node_is_refused_and_named(homes: dict[str, Path], tmp_path: Path, other: str, part: str, named: str) -> None:
    home = mixed(homes, other, part, tmp_path / "home")
    before = content(home)
    (tmp_path / "new.csv").write_text(f"{HEAD}N1,2024-05-01,KH,true,+85512999999,+85512888888,new words\n", encoding="utf-8")
    for words in (
        ("take", "--source", "report-desk", str(tmp_path / "new.csv")),
        ("erase", f"phone:{PHONE}", "--ground", "a decision", "--yes"),
        ("prove", f"phone:{PHONE}", "--out", str(tmp_path / "proof.json")),
    ):
        fault = call(home, *words).exception
        assert isinstance(fault, LedgerFault), (words[0], fault)
        assert fault.where.endswith((named, "views") if "log" in part else named), (words[0], fault)
        assert "centre.a.example" in fault.what
        if other != "namesake" and part in {"ledger/log ledger/log.highest", "views"}:
            assert "centre.b.example" in fault.what
        assert "together again" in fault.todo or "saksi fold" in fault.todo
    after = content(home)
    assert {name: after.get(name) for name in before} == before


@pytest.mark.parametrize("other", ["another", "namesake"])
def test_views_of_another_node_answer_nothing_and_folding_mends_them(homes: dict[str, Path], tmp_path: Path, other: str) -> None:
    home = mixed(homes, other, "views", tmp_path / "home")
    for words in (("ask", PHONE), ("show", f"phone:{PHONE}"), ("feed",), ("search", "phone")):
        fault = call(home, *words).exception
        assert isinstance(fault, LedgerFault), (words[0], fault)
        assert "saksi fold" in fault.todo
    checked = json.loads(call(home, "fsck").stdout.splitlines()[-1])
    assert any("views of" in one for one in checked["differences"])
    assert call(home, "fold").exception is None
    assert json.loads(call(home, "ask", PHONE).stdout)["status"] == "known"


def test_settings_of_another_node_are_refused(homes: dict[str, Path], tmp_path: Path) -> None:
    home = mixed(homes, "another", "saksi.toml", tmp_path / "home")
    fault = call(home, "ask", PHONE).exception
    assert isinstance(fault, LedgerFault)
    assert "centre.a.example" in fault.what
    assert "centre.b.example" in fault.what


def test_a_full_vault_in_an_empty_node_is_not_cut_as_the_remains_of_a_crash(homes: dict[str, Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert call(home, "init", "--authority", "centre.a.example").exception is None
    shutil.copytree(homes["another"] / "ledger/vault", home / "ledger/vault", dirs_exist_ok=True)
    before = (home / "ledger/vault/vault.data").read_bytes()
    fault = call(home, "fold").exception
    assert isinstance(fault, LedgerFault), fault
    assert (home / "ledger/vault/vault.data").read_bytes() == before


def test_one_damaged_leaf_is_no_mix_up(homes: dict[str, Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(homes["ours"], home)
    path = home / "ledger/vault/vault.data"
    data = bytearray(path.read_bytes())
    data[60] ^= 1  # in the commitments of the first leaf
    path.write_bytes(data)
    assert call(home, "fold").exception is None
    assert json.loads(call(home, "fsck").stdout.splitlines()[-1])["ok"] is False


def test_views_answer_alone_where_the_ledger_does_not_lie_here(homes: dict[str, Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(homes["ours"], home, ignore=shutil.ignore_patterns("ledger"))
    assert json.loads(call(home, "ask", PHONE).stdout)["status"] == "known"
    shutil.rmtree(home / "views")
    shutil.copytree(homes["another"] / "views", home / "views")
    assert isinstance(call(home, "ask", PHONE).exception, LedgerFault)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A node, and the same node two takes and an outcome later."""
    folder = tmp_path_factory.mktemp("grown")
    home = node(folder, "node", "centre.a.example", takes=2)
    older = folder / "older"
    shutil.copytree(home, older)
    for number in (3, 4):
        file = folder / f"later-{number}.csv"
        file.write_text(f"{HEAD}L{number},2024-05-01,KH,true,+8551210000{number},+8551234567{number},later words\n", encoding="utf-8")
        assert call(home, "take", "--source", "report-desk", str(file)).exception is None
    assert call(home, "outcome", PHONE, "false-alarm").exception is None
    return older, home


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("ledger/log ledger/log.highest", "vault.data"),
        ("ledger/log ledger/log.highest views", "vault.data"),
        ("ledger", "views"),
        ("ledger/log ledger/log.highest ledger/vault", "views"),
    ],
)
def test_an_older_log_of_the_same_node_is_refused_before_anything_is_cut(
    grown: tuple[Path, Path], tmp_path: Path, part: str, named: str
) -> None:
    older, newer = grown
    home = mixed({"ours": newer, "older": older}, "older", part, tmp_path / "home")
    before = content(home)
    for words in (("fold",), ("outcome", PHONE, "no-action")):
        fault = call(home, *words).exception
        assert isinstance(fault, LedgerFault), (words, fault)
        assert "nothing was changed" in fault.todo
        assert fault.where.endswith((named, "views")), fault
    assert {name: content(home).get(name) for name in before} == before


def test_an_older_ledger_that_is_meant_is_used_once_its_views_are_taken_away(grown: tuple[Path, Path], tmp_path: Path) -> None:
    older, newer = grown
    home = mixed({"ours": newer, "older": older}, "older", "ledger", tmp_path / "home")
    shutil.rmtree(home / "views")
    assert call(home, "fold").exception is None
    assert json.loads(call(home, "fsck").stdout.splitlines()[-1])["ok"] is True
