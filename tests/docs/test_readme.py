"""The README's tour does what it shows, on the very lists it speaks of."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from test_docs import differs, examples  # the same notation as in the guide

from saksi.sources.synthetic.reports import written

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LISTS = ("globalantiscam_pigbutchering_hosts.txt", "polkadot_phishing_domains.csv")
_REF = re.compile(r"\S+/saksi/1#[0-9a-f]{64}")


def saksi(folder: Path, *words: str) -> tuple[str, int]:
    """The command line as a person runs it: a process of its own."""
    env = {"SAKSI_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    made = subprocess.run([sys.executable, "-m", "saksi.app.cli", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return made.stdout + made.stderr, made.returncode


def test_the_picture_is_there_and_not_heavy() -> None:
    (picture,) = re.findall(r"^!\[[^\]]{20,}\]\((\S+)\)$", README, re.MULTILINE)
    data = (ROOT / picture).read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) < 200_000
    assert README.index(picture) < 700, "the README opens with it"


def test_links_of_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)\s#]+)", README)
    assert len(targets) > 5
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_its_two_commands_are_targets_of_the_makefile() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = re.findall(r"^\$ make (\w+)", README, re.MULTILINE)
    assert asked == ["demo", "check"]
    assert all(re.search(rf"^{name}:", made, re.MULTILINE) for name in asked)


def test_the_tour_does_what_it_shows(shared: Path, tmp_path: Path) -> None:
    """A smaller demonstration: the beginnings of the lists that the tour speaks of, and twenty reports of the same seed."""
    data = shared / "data"
    lists = [data / "observables" / name for name in LISTS] + [data / "misp" / "warninglists" / "cloudflare-top10k.json"]
    if not all(path.is_file() for path in lists):
        pytest.skip("the public lists of the tour are not in ../shared")
    (tmp_path / "synthetic-1.csv").write_bytes(b"".join(written(1, 20)))
    with lists[1].open("rb") as whole:
        (tmp_path / LISTS[1]).write_bytes(b"".join(islice(whole, 29_700)))
    lists[1] = tmp_path / LISTS[1]
    told, code = saksi(tmp_path, "init", "--authority", "centre.a.example")
    assert code == 0, told
    told, code = saksi(tmp_path, "take", "--workers", "0", *map(str, [*lists, tmp_path / "synthetic-1.csv"]))
    assert code == 0, told
    known = {"REF": "", "KEY": saksi(tmp_path, "doctor", "--json")[0].partition('"key":"')[2].partition('"')[0]}
    ran = []
    for command, shown, ends in examples(README):
        words = [known.get(word, word) for word in re.findall(r'"[^"]*"|\S+', command)]
        if words[0] != "saksi":
            continue
        said, code = saksi(tmp_path, *(word.strip('"') for word in words[1:]))
        assert code == ends, f"{command}: {said}"
        differs(command, shown, said)
        if command.startswith("saksi ask") and (found := _REF.search(said)):
            known["REF"] = found[0]
        ran.append(words[1])
    assert ran == ["ask", "ask", "ask", "ask", "prove", "verify", "retract", "ask", "feed"]
    assert "metamask.bz CNAME" not in (tmp_path / "block.rpz").read_text(encoding="utf-8")
