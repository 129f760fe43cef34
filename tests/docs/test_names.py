"""What the reference pages list is exactly what there is: problems, addresses, words, kinds, sources, fields, columns, Python names."""

from __future__ import annotations

import re
import sys
import types
import typing
from pathlib import Path

import msgspec
import pytest

from saksi.app.api.application import API_ROUTES
from saksi.app.api.keys import CAN, May, Role
from saksi.app.api.problems import KINDS as PROBLEMS
from saksi.formats.report_columns import FIELDS
from saksi.formats.report_mapping import ReportMapping
from saksi.model import OUTCOMES, ROLES, SAFE_KINDS, Op, Pap, Tlp
from saksi.observables.kinds import KINDS
from saksi.screen import answer
from saksi.sources.catalog import catalog

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
from public_names import MARK, ROOMS, listed, modules, public  # noqa: E402 - it lies with the pages


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def coded(text: str) -> set[str]:
    """Everything that a page shows as code within a line."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def test_problems_stand_with_their_status_and_no_other_does() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", page("reference/problems"), re.MULTILINE))
    assert rows == {slug: str(kind.status) for slug, kind in PROBLEMS.items()}


def test_every_address_of_the_api_is_listed() -> None:
    text = re.sub(r"\{[^}]*\}", "{}", page("reference/api"))
    for route in API_ROUTES:
        path = re.sub(r"\{[^}]*\}", "{}", route.path)
        wanted = f"{route.method} {path.removesuffix('/tile/{}')}" + ("/tile/" if path.endswith("/tile/{}") else "")
        assert wanted in text, wanted


def test_the_table_of_rights_is_that_of_the_code() -> None:
    columns = {May.LOOK: 1, May.FEED: 2, May.TELL: 3, May.GIVE: 4, May.AMEND: 5, May.ERASE: 6, May.AUDIT: 7, May.ADMIN: 8}
    text = page("reference/api")
    for role in Role:
        (row,) = re.findall(rf"^\| {role.value} \|.*$", text, re.MULTILINE)
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert {may for may, place in columns.items() if cells[place] == "yes"} == CAN[role], role


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("concepts/markings", [f"TLP:{level.value}" for level in Tlp]),
        ("concepts/markings", [f"PAP:{level.value}" for level in Pap]),
        ("concepts/observables", [kind for kind in KINDS if kind != "qr"]),
        ("concepts/answers", [*ROLES, *SAFE_KINDS, *OUTCOMES]),
        ("concepts/statement", [op.value for op in Op]),
        ("reference/sources", [spec.name for spec in catalog()]),
        ("reference/report-columns", list(FIELDS)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_word_is_explained(name: str, words: list[str]) -> None:
    text = page(name)
    known = coded(text) | set(re.findall(r"(?:TLP|PAP):[A-Z+]+", text))
    assert not [word for word in words if word not in known]


def test_every_key_of_a_mapping_file_is_shown() -> None:
    text = page("reference/report-columns")
    assert not [key for key in ReportMapping.__dataclass_fields__ if not re.search(rf"^\[?{key}\b", text, re.MULTILINE)]


def test_every_field_of_an_answer_is_explained() -> None:
    known = coded(page("reference/answer"))
    shapes = [shape for name in answer.__all__ if isinstance(shape := getattr(answer, name), type) and issubclass(shape, msgspec.Struct)]
    assert len(shapes) > 8
    missing = {field.name for shape in shapes for field in msgspec.structs.fields(shape)} - known
    assert missing <= {"code", "text", "entity", "status", "first", "last"}, missing


def test_every_module_is_on_the_page_of_public_names_and_says_what_it_is() -> None:
    assert MARK in page("reference/python")
    text = listed()
    assert set(ROOMS) == {path.name for path in (ROOT / "src" / "saksi").iterdir() if (path / "__init__.py").is_file()}
    for room in ROOMS:
        for module, tree in modules(room):
            assert re.search(rf"^\*\*`{re.escape(module)}`\*\* \S", text, re.MULTILINE), module
            for name, words in public(tree).items():
                assert name.isupper() or words or name[0].isupper() or name.startswith("__"), f"{module}.{name} does not say what it is"


def test_names_called_stable_are_there() -> None:
    text = page("reference/python").partition(MARK)[0]
    for module, names in re.findall(r"`(saksi\.model)`: (.+?)(?: \(|\ \|)", text):
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(__import__(module, fromlist=[name]), name), name
    for path in re.findall(r"`(saksi\.[a-z_.]+\.\w+)`", text):
        module, _, name = path.rpartition(".")
        found = getattr(__import__(module, fromlist=[name]), name)
        assert isinstance(found, types.FunctionType | types.ModuleType) or callable(found) or typing.get_origin(found), path


@pytest.mark.parametrize("name", ["reference/python", "reference/log"])
def test_examples_in_python_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", page(name), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, name, "exec"), {"__name__": name})
