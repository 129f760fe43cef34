"""The house is kept: small files, `__all__` everywhere, nothing of one machine, both commands in the README."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
from pathlib import Path

import pytest

import saksi

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages(saksi.__path__, "saksi.") if not name.endswith("__main__"))
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_offers(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    assert "placeholder" not in module.__doc__
    offered = module.__all__
    assert sorted(set(offered)) == sorted(offered), f"{name}.__all__ names something twice"
    for each in offered:
        assert hasattr(module, each), f"{name}.__all__ names {each}, which is not there"


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "src").rglob("*.py")
        if (count := path.read_text(encoding="utf-8").count("\n")) > 400
    }
    assert not long


@pytest.mark.skipif(not TRACKED, reason="not a git checkout")
def test_nothing_of_one_machine_is_committed() -> None:
    machine = re.compile(
        r"(^|[^A-Za-z0-9_.-])[/](work|farm)[/]|[/]root[/]"
        r"|https?:[/]{2}(registry[.]npmjs|pypi|files[.]pythonhosted)\.\w+|\"resolved\": *\"http"
    )
    found = []
    for name in TRACKED:
        path = ROOT / name
        if path.suffix in {".png", ".bin", ".woff2"} or not path.is_file():
            continue
        for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if machine.search(text):
                found.append(f"{name}:{number}: {text.strip()[:80]}")
    assert not found


def test_the_readme_names_both_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make check" in text


def test_decision_records_have_one_number_each() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers))


def test_every_room_has_a_news_fragment_folder() -> None:
    for path in (ROOT / "news").glob("*.md"):
        assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed)\.md", path.name), path.name
        assert path.read_text(encoding="utf-8").strip()
