"""All addresses of people and rights."""

from __future__ import annotations

from saksi.app.api.desk import Route
from saksi.app.people.account import Account
from saksi.app.people.admin import Admin
from saksi.app.people.sign_in import SignIn
from saksi.app.web.site import Site

__all__ = ["people_routes"]


def people_routes(site: Site) -> tuple[Route, ...]:
    """The pages of signing in, of one's own account, and of the people."""
    return (*SignIn(site).routes(), *Account(site).routes(), *Admin(site).routes())
