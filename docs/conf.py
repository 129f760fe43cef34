"""How the documentation is built: MyST pages, Furo, and warnings as errors."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

from public_names import MARK, listed

project = "Saksi"
author = "The Saksi authors"
copyright = "The Saksi authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Saksi"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]


def _fill(_app: Sphinx, _name: str, source: list[str]) -> None:
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, listed())


def setup(app: Sphinx) -> None:
    """Put the list of public names where a page asks for it."""
    app.connect("source-read", _fill)
