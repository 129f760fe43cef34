"""All addresses of requests."""

from __future__ import annotations

from functools import partial

from saksi.app.api.desk import Route
from saksi.app.node import Node
from saksi.app.posting.setting import directory_of
from saksi.app.requesting.api import RequestsApi
from saksi.app.requesting.office import Office
from saksi.app.requesting.pages import RequestPages
from saksi.app.requesting.record import Record
from saksi.app.web.site import Site

__all__ = ["requesting_routes"]


def requesting_routes(site: Site, node: Node) -> tuple[Route, ...]:
    """The pages and the API of requests, and the record. The directory is read anew each time: somebody may have changed the file."""
    office = Office(node, partial(directory_of, node.files, node.config))
    return (*RequestPages(office, site).routes(), *Record(node, site).routes(), *RequestsApi(office).routes())
