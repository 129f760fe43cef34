"""HTML of ours as a tagged PDF (PDF/UA-1: title, language, structure), shaped by HarfBuzz, with fonts from one folder and nothing else.

To be imported by the process that lays papers out (`printer.py`), and by no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from saksi.exchange.letter import FAMILIES
from saksi.model import BadInput

__all__ = ["laid_out"]

# The beginnings of the file names of the fonts that a node's pages are built with, in the order of FAMILIES.
_FILES = (
    "inter-latin-wght", "inter-latin-ext-wght", "inter-vietnamese-wght", "noto-sans-khmer-khmer", "noto-sans-thai-thai",
    "noto-sans-lao-lao", "noto-sans-myanmar-myanmar-400",
)  # fmt: skip


class _FontsOnly(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Gives the fonts of one folder; anything else that a page asks for ends the making of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=())
        self._fonts = dict(_fonts(folder))

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        del headers
        path = self._fonts.get(url)
        if path is None:
            raise FatalURLFetchingError(f"a letter loads nothing: {url[:200]!r}")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/woff2"})


def laid_out(page: str, fonts: Path) -> bytes:
    """The PDF of a page, with the fonts in a folder. Raises BadInput where the page asks for anything but those."""
    fetcher = _FontsOnly(fonts)
    faces = "".join(f'@font-face {{ font-family: "{FAMILIES[int(url[5:])]}"; src: url({url});}}' for url, _ in _fonts(fonts))
    settings = FontConfiguration()
    try:
        sheet = CSS(string=faces, url_fetcher=fetcher, font_config=settings)
        made: bytes = HTML(string=page, url_fetcher=fetcher).write_pdf(stylesheets=[sheet], font_config=settings, pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as fault:
        raise BadInput(str(fault), where="letter") from fault
    return made


def _fonts(folder: Path) -> Iterator[tuple[str, Path]]:
    for at, name in enumerate(_FILES):
        found = sorted(folder.glob(f"{name}*.woff2"))
        if found:
            yield f"font:{at}", found[0]
