"""A real node of an invented authority with its intake open, and its public pages without a socket."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import httpx
from calls import apart

from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.intake.intake import Intake
from saksi.app.intake.prepared import Channel, Sheet
from saksi.app.intake.public import Public, public_app
from saksi.app.intake.settings import PublicLimits, PublicSettings
from saksi.app.intake.told import Told, line_of
from saksi.app.node import Node
from saksi.views.fact import Fact

AUTHORITY = "centre.a.example"
PLENTY = PublicLimits(each_report=(1e6, 10**6), all_reports=(1e6, 10**6), each_question=(1e6, 10**6), all_questions=(1e6, 10**6))


def sheet(session: str = "1", channel: Channel = Channel.OPERATOR, **told: object) -> Sheet:
    """A report taken down; the same session and words give the same line."""
    made = Told(**{"narrative": "They said I had won.", "country": "KH", "synthetic": True, **told})  # type: ignore[arg-type]
    return Sheet(made, (), line_of(made, (), session), channel)


class Counter:
    """The node, its intake, its public pages."""

    def __init__(self, home: Path, limits: PublicLimits = PLENTY, **settings: object) -> None:
        config = Config(AUTHORITY, country="KH", purpose="a test", legal_basis="none")
        self.files = Home(home)
        set_up(self.files, config)
        self.node = Node(self.files, config)
        self.node.views.fold(self.node.ledger)
        self.intake = Intake(self.node)
        told = PublicSettings("Centre of Country A", "KH", limits=limits, **settings)  # type: ignore[arg-type]
        self.public = Public(self.node, self.intake, told)
        self.app = public_app(self.public)

    def request(self, method: str, path: str, *, address: str = "192.0.2.7", **parts: object) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(address, 5000))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **parts)  # type: ignore[arg-type]

        return apart(ask)

    def get(self, path: str, **parts: object) -> httpx.Response:
        return self.request("GET", path, **parts)

    def send(self, path: str, fields: dict[str, object], **parts: object) -> httpx.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **parts.pop("headers", {})}  # type: ignore[dict-item]
        return self.request("POST", path, content=urlencode(fields, doseq=True).encode(), headers=headers, **parts)

    def report(self, **fields: object) -> dict[str, object]:
        """Send the form; what a program is told."""
        answer = self.send("/report", fields, headers={"Accept": "application/json"})
        assert answer.status_code == 201, answer.text
        made: dict[str, object] = answer.json()
        return made

    def facts(self, entity: str) -> list[Fact]:
        """What the views hold, brought up to the ledger."""
        self.node.views.fold(self.node.ledger)
        return self.node.views.facts(entity).facts

    def close(self) -> None:
        self.intake.close()
        self.node.close()
