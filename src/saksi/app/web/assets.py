"""Styles, fonts and small elements: as built by Vite where they were built, else the plain style sheets that come with the source."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from saksi.model import LedgerFault

__all__ = ["Asset", "Assets", "load_assets"]

_HERE = Path(__file__).parent
_ENTRY = "web/main.ts"
_ICON = "icon.svg"
_MEDIA = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


class _Chunk(msgspec.Struct):
    file: str
    css: list[str] = []


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, held in memory. `fixed` ones bear a hash in their name and never change."""

    data: bytes
    media: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class Assets:
    """What `/static/` serves, and which of it a page names."""

    files: Mapping[str, Asset]
    styles: tuple[str, ...]
    script: str | None

    @property
    def built(self) -> bool:
        """Whether fonts and elements are there."""
        return self.script is not None


def load_assets(folder: Path = _HERE / "static") -> Assets:
    """Read the built files (about 0.5 MB), or the plain style sheets where nothing was built."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        styles = tuple(sorted(path.name for path in (_HERE / "style").glob("*.css")))[::-1]  # tokens, then page
        return Assets({name: _asset(_HERE / "style" / name, fixed=False) for name in (*styles, _ICON)}, styles, None)
    try:
        entry = msgspec.json.decode(manifest.read_bytes(), type=dict[str, _Chunk])[_ENTRY]
    except (msgspec.MsgspecError, KeyError) as fault:
        raise LedgerFault("the built page parts are damaged", where=str(manifest), todo="run `npm run build` again") from fault
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    files = {
        name: _asset(path, fixed=name.startswith("a/")) for name, path in found.items() if path.suffix in {".css", ".js", ".woff2", ".txt"}
    }
    files[_ICON] = _asset(_HERE / "style" / _ICON, fixed=False)
    return Assets(files, tuple(entry.css), entry.file)


def _asset(path: Path, *, fixed: bool) -> Asset:
    media = _MEDIA.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
    return Asset(path.read_bytes(), media, fixed)
