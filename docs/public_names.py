"""The list of public Python names, made from the sources when the pages are built: it cannot be stale."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "src"
ROOMS = ("model", "observables", "formats", "sources", "ledger", "views", "screen", "actions", "cases", "exchange", "app")
MARK = "<!-- every public name -->"


def modules(room: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a room by their dotted names, read and not imported."""
    for path in sorted((SOURCES / "saksi" / room).rglob("*.py")):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


def public(tree: ast.Module) -> dict[str, str]:
    """The names in a module's `__all__` that are defined in it, with the first sentence of what each says of itself."""
    said: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said[node.name] = _sentence(ast.get_docstring(node))
        elif isinstance(node, ast.Assign):
            said.update({each.id: "" for each in node.targets if isinstance(each, ast.Name)})
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            said[node.target.id] = ""
    return {name: said[name] for name in _all(tree) if name in said}


def listed() -> str:
    """The list as Markdown: a section a room, a heading a module, a line a name."""
    lines: list[str] = []
    for room in ROOMS:
        lines += [f"## saksi.{room}", ""]
        for module, tree in modules(room):
            lines += [f"**`{module}`** {_plain(_sentence(ast.get_docstring(tree)))}", ""]
            lines += [f"* `{name}`{': ' + _plain(words) if words else ''}" for name, words in public(tree).items()]
            lines.append("")
    return "\n".join(lines)


def _all(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets):
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def _sentence(docstring: str | None) -> str:
    """The first sentence, or the first paragraph where that is shorter."""
    first = " ".join((docstring or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[.?!]) (?=[A-Z`])", first, maxsplit=1)[0]


def _plain(text: str) -> str:
    """Markdown's signs outside of code made harmless."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([\\*_<>\[\]#])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)
