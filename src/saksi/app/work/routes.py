"""All addresses of the desk."""

from __future__ import annotations

from saksi.app.api.desk import Route
from saksi.app.casing import Casing
from saksi.app.web.site import Site
from saksi.app.work.api import CasesApi
from saksi.app.work.case import CasePage
from saksi.app.work.cases import Cases
from saksi.app.work.overview import Overview
from saksi.app.work.today import Today

__all__ = ["work_routes"]


def work_routes(site: Site, node: Casing) -> tuple[Route, ...]:
    """The pages of what waits, of the cases, and of how the node is; the cases for programs, too."""
    pages, lists = CasePage(site, node), Cases(site, node)
    api = CasesApi(node, lists, pages)
    return (*Today(site, node).routes(), *pages.routes(), *lists.routes(), *api.routes(), *Overview(site, node).routes())
