"""A real node of an invented authority behind its web application: reports, a directory of recipients, and people in two units."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from calls import SETTINGS, Client, Served
from crew import CHEAP, PASSWORD

from browser import Browser, app_code, cheap, people_of
from saksi.actions import History
from saksi.app.api.desk import Route
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.app.requesting.routes import requesting_routes
from saksi.app.taking import Order
from saksi.app.web.assets import load_assets
from saksi.app.web.serve import build_app
from saksi.app.web.site import Site

SITE = Site(load_assets())
ACCOUNT, PHONE, VICTIM = "account:KH:ABA:000123456", "phone:+85512345678", "phone:+85592345678"
REPORTS = """reference,reported_at,country,scam_phone,victim_phone,payee_account,payee_bank,amount,currency,narrative,synthetic
R-1,2026-01-31,KH,012345678,092345678,000123456,ABA,120.50,USD,a voice asked for a deposit,true
R-2,2026-02-01,KH,012345678,,000123456,ABA,30,USD,they said I had won,true
"""
DIRECTORY = """
[[recipient]]
id = "bank-b"
party = "bank"
name = "Bank B (synthetic)"
address = "fraud@bank.b.example"
languages = ["km", "en"]
covers = { banks = ["KH:ABA"] }

[[recipient]]
id = "telco-b"
party = "telco"
name = "Telco B (synthetic)"
address = "abuse@telco.b.example"
covers = { phones = ["+85512"] }

[[recipient]]
id = "regulator-b"
party = "bank"
name = "Regulator B (synthetic)"
address = "desk@regulator.b.example"

[[conflict]]
about = "phone:+85592345678"
recipient = "bank-b"
reason = "its director is named in the matter"
instead = "regulator-b"
"""


class Bureau(Served):
    """The node, and whoever works there: Ann drafts, Abe approves, Rita reviews from another unit, Ron from the same one."""

    def __init__(self, folder: Path) -> None:
        config = Config(
            "centre.a.example", country="KH", purpose="preventing fraud", legal_basis="Act 1", workers=0, directory="directory.toml"
        )
        files = Home(folder / "node")
        set_up(files, config)
        (files.path / "directory.toml").write_text(DIRECTORY, encoding="utf-8")
        self.real = Node(files, config)
        reports = folder / "reports.csv"
        reports.write_text(REPORTS, encoding="utf-8")
        self.real.take_file(Order(reports, reports.name))
        self.clock = datetime.now(UTC)
        self.app, self.desk = build_app(self.real, files.path, replace(SETTINGS, more=self.more()), clock=lambda: self.now)
        self.node = self.real  # type: ignore[assignment]
        cheap(self)

    def more(self) -> tuple[Route, ...]:
        """The addresses beside those that every node has."""
        return requesting_routes(SITE, self.real)

    @property
    def now(self) -> str:  # type: ignore[override]
        return f"{self.clock:%Y-%m-%dT%H:%M:%SZ}"

    def later(self, **time: int) -> None:
        """Let time go by for the sessions."""
        self.clock += timedelta(**time)

    def client(self, address: str, headers: dict[str, str]) -> Client:
        return Client(self.app, address, headers)

    def officer(self, name: str, *roles: str, unit: str = "unit one", clearance: str = "RED") -> Browser:
        """A browser in which a person has just signed in."""
        people = people_of(self)
        person, _ = people.register.add(name, read_post(unit, roles, clearance), by="command-line")
        people.door.codes.begin(person.id)
        with people.store.rows() as rows:
            rows.execute(
                "UPDATE person SET password = ?, totp = totp_next, totp_next = NULL, setup = NULL WHERE id = ?",
                (CHEAP.make(PASSWORD), person.id),
            )
        browser = Browser(self)
        answer = browser.sign_in(name, app_code(self, person.id))
        assert answer.status_code == 303, answer.text
        return browser

    def ground(self, entity: str = ACCOUNT, prop: str = "role") -> str:
        lines = self.real.entity(entity, reader=self.real.owner(), at=None).statements
        return next(line.ref for line in lines if line.prop == prop)

    def fields(self, **more: str | list[str]) -> list[tuple[str, str]]:
        """A hold on an account, as its form sends it."""
        told: dict[str, str | list[str]] = {
            "kind": "hold", "to": "bank-b", "entity": ACCOUNT, "target": ACCOUNT, "amount": "150.50", "currency": "USD",
            "ground": self.ground(), "offence": "fraud", "instrument": "agreement of banks", "legal_basis": "Act 1, section 2",
            "purpose": "to keep what was paid within reach", "proportionality": "the two payments", "urgency": "flowing",
            "until": f"{datetime.now(UTC) + timedelta(days=6):%Y-%m-%dT%H:%M:%SZ}", "living_costs": "100 USD", "holder_language": "km",
            **more,
        }  # fmt: skip
        return [(name, each) for name, value in told.items() for each in (value if isinstance(value, list) else [value])]

    def drafted(self, browser: Browser, **more: str | list[str]) -> str:
        """Draft a request on the page; gives its id."""
        answer = browser.post("/request/new", self.fields(**more))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]

    def have(self, id_: str) -> History:
        return self.real.book.history(id_)

    def say(self, id_: str, word: str, **more: str | list[str]) -> list[tuple[str, str]]:
        """The fields of a step on the request as it stands."""
        have = self.have(id_)
        told: dict[str, str | list[str]] = {"word": word, "head": have.head}
        if word in {"approve", "review"}:
            told |= {"subject": have.subject, "target": [each.entity for each in have.request.targets], "text": "read it"}
        told |= more
        return [(name, each) for name, value in told.items() for each in (value if isinstance(value, list) else [value])]


def new(*entities: str, **more: str) -> str:
    """The address of a draft."""
    return "/request/new?" + urlencode([*(("entity", each) for each in entities), *more.items()])
