"""The paper of an evidence pack: its page as a tagged PDF, checkpoint and digest of the contents at the foot of every page."""

from __future__ import annotations

from pathlib import Path

from saksi.actions.pack_page import Outline, Paper, page
from saksi.exchange.letter import FAMILIES
from saksi.exchange.printer import made_pdf

__all__ = ["paper_with"]

_FAMILIES = ", ".join(f'"{each}"' for each in FAMILIES) + ", sans-serif"
_SHEET = """
@page{{size:A4;margin:16mm 15mm 28mm;
@bottom-left{{content:"{origin}, checkpoint at size {size}\\A root {root}\\A contents {contents}";white-space:pre;width:85%;
font:7pt/1.4 {families};vertical-align:top;padding-top:3mm}}
@bottom-right{{content:counter(page) " / " counter(pages);font:7pt {families};vertical-align:top;padding-top:3mm}}}}
body,h1,h2,h3,th,dt,.l,code{{font-family:{families}}}body{{font-size:9.5pt;margin:0;padding:0;max-width:none}}
tfoot{{display:none!important}}td,th,dd{{overflow-wrap:anywhere}}table table td:first-child{{white-space:nowrap}}
</style>"""


def paper_with(fonts: Path) -> Paper:
    """Makes the PDF of a pack with the fonts of the node's pages."""

    def paper(made: Outline) -> bytes:
        of = made.manifest
        sheet = _SHEET.format(origin=of.origin, size=of.size, root=of.root, contents=of.contents, families=_FAMILIES)
        return made_pdf(page(made).decode().replace("</style>", sheet, 1), fonts)

    return paper
