"""The pages name everything that there is, their links lead somewhere, and their examples do what they show."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from saksi.app.cli import saksi
from saksi.app.cli.say import EXIT, failed
from saksi.app.config import Config
from saksi.model import SaksiError, errors

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
GUIDE = sorted((DOCS / "guide").glob("*.md"))
_FILE = re.compile(r"```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)```", re.DOTALL)
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
_BEGIN = re.compile(r"```shell\nmkdir (\S+); cd \1; export SAKSI_HOME=\"\$PWD/(\S+)\"\n```")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#([^)\s]+))?\)")
_REF = re.compile(r"\S+/saksi/1#[0-9a-f]{64}")
_KEY = re.compile(r"[a-z.]+/saksi/1\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+")


def page(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


def commands(group: click.Group, context: click.Context, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, context, f"{before}{name} ")


ALL = list(commands(saksi, click.Context(saksi)))


def test_the_reference_has_every_command_with_every_option() -> None:
    text = page("cli")
    for name, command in ALL:
        found = re.search(rf"^## {re.escape(name)}$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
        assert found, f"docs/reference/cli.md has no heading {name!r}"
        for option in command.params:
            for flag in option.opts if isinstance(option, click.Option) else ():
                assert flag in found[1], f"docs/reference/cli.md: {name} has {flag}"


def test_the_reference_has_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"^## (.+)$", page("cli"), re.MULTILINE)) <= {name for name, _ in ALL}


def test_every_command_is_spoken_of_in_the_guide() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in GUIDE) + page("cli")
    assert not [name for name, _ in ALL if f"saksi {name}" not in text]


def test_every_setting_stands_with_its_variable_and_its_default() -> None:
    text = page("config")
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (`SAKSI_.*) \|$", text, re.MULTILINE))
    assert set(rows) == {field.name for field in fields(Config)}
    for field in fields(Config):
        assert f"`SAKSI_{field.name.upper()}`" in rows[field.name]
        if field.default != "" and isinstance(field.default, str | int):
            assert f"`{field.default}`" in rows[field.name], f"the default of {field.name}"


def test_every_variable_that_the_code_reads_is_documented() -> None:
    used = {name for path in (ROOT / "src").rglob("*.py") for name in re.findall(r"_?SAKSI_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))}
    assert "SAKSI_HOME" in used
    assert not [name for name in used if f"`{name}`" not in page("config")]


def test_every_error_and_exit_code_is_documented() -> None:
    text = page("errors")
    for name in errors.__all__:
        assert f"`{name}`" in text, name
    for kind, code in EXIT.items():
        assert re.search(rf"^\| `{kind.__name__}` \|.*\| {code} \|", text, re.MULTILINE), kind.__name__
    assert saksi.help is not None
    for code in re.findall(r"\b(\d) [a-z]", saksi.help):
        assert re.search(rf"^\| {code} \|", text, re.MULTILINE), code


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for target, anchor in _LINK.findall(re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)):
        found = (path.parent / target).resolve()
        assert found.exists(), f"{path.name}: {target}"
        if anchor and found.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w]+", "-", head.lower()).strip("-") for head in heads}, f"{path.name}: {target}#{anchor}"


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_examples_do_what_they_show(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page begins with a folder and a home of its own, before anything else; then its commands run one after the other."""
    text = path.read_text(encoding="utf-8")
    begin = _BEGIN.search(text)
    assert begin and begin[1] == f"saksi-{path.stem}", "the page does not begin with a directory of its own"
    assert begin.start() < min(found.start() for found in (_FILE.search(text), _CONSOLE.search(text)) if found)
    folder = tmp_path / begin[1]
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SAKSI_HOME", str(folder / begin[2]))
    for name, body in _FILE.findall(text):
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(body, encoding="utf-8")
    known = {"REF": "", "KEY": ""}
    ran = 0
    for command, shown, code in examples(text):
        said, ended = run(command, known, folder)
        assert ended == code, f"{command}: exit code {ended}\n{said}"
        differs(command, shown, said)
        if "REF" not in command and any("/saksi/1#" in line for line in shown) and (found := _REF.search(said)):
            known["REF"] = found[0]
        if not known["KEY"] and (key := _KEY.search(said)):
            known["KEY"] = key[0]
        ran += 1
    assert ran >= 4


def examples(text: str) -> Iterator[tuple[str, list[str], int]]:
    """Each command of a page with the lines shown under it and its exit code."""
    for block in _CONSOLE.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            code = 0
            if shown and (ends := re.fullmatch(r"\(exit code (\d+)\)", shown[-1])):
                shown, code = shown[:-1], int(ends[1])
            yield command, shown, code


def run(command: str, known: dict[str, str], folder: Path) -> tuple[str, int]:
    """Run `saksi ...` (or `cat FILE`) with what REF and KEY stand for; `> FILE` goes where it says."""
    words = [re.sub(r"^(REF|KEY)$", lambda found: known[found[1]], word) for word in shlex.split(command)]
    if words[0] == "cat":
        return (folder / words[1]).read_text(encoding="utf-8"), 0
    assert words[0] == "saksi", command
    target = words[words.index(">") + 1] if ">" in words else None
    made = CliRunner().invoke(saksi, words[1 : words.index(">")] if target else words[1:], standalone_mode=False)
    if target:
        (folder / target).write_bytes(made.stdout_bytes)
        return "", 0 if made.exception is None else 1
    if made.exception is None:
        return made.output, made.return_value if isinstance(made.return_value, int) else 0
    assert isinstance(made.exception, SaksiError), made.exception
    with CliRunner().isolation() as (_, told, _):
        code = failed(made.exception, as_json=False)
        sys.stderr.flush()
        return made.output + told.getvalue().decode(), code


def differs(command: str, shown: list[str], said: str) -> None:
    """Every line shown has to come, in this order; `...` stands for anything."""
    at = 0
    for line in shown:
        for piece in filter(None, (" ".join(part.split()) for part in line.split("..."))):
            flat = " ".join(said.split())
            found = flat.find(piece, at)
            assert found >= 0, f"$ {command}\nis to say: {piece}\nsaid: {said}"
            at = found + len(piece)
