"""A real node with invented reports behind its own web application: the desk, its people, and their browsers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from calls import SETTINGS, Served

from browser import Browser, app_code, cheap, signed_in
from saksi.app.config import Config
from saksi.app.home import Home, now_text, set_up
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.app.taking import Order
from saksi.app.web.serve import build_app
from saksi.cases import Case
from saksi.model import Tlp
from saksi.model.actor import Actor

HEAD = "reference,reported_at,country,scam_phone,victim_phone,payee_account,payee_bank,amount,currency,paid_at,rail,narrative,synthetic\n"
ROWS = (
    "R-1,2026-01-31,KH,012345678,092345678,000123456,ABA,100,USD,2026-01-30,bank-transfer,a voice asked for a deposit,true\n"
    "R-2,2026-02-01,KH,012345678,092345679,,,,,,,a voice asked for a deposit,true\n"
    "R-3,2026-02-02,KH,,092345680,000123456,ABA,100,USD,2026-01-30,bank-transfer,they wanted coins,true\n"
    "R-4,2026-02-03,KH,012999999,092345681,,,,,,,nothing in common,true\n"
)
CONFIG = Config(authority="centre.a.example", country="KH", purpose="preventing fraud", legal_basis="Act 1", workers=0)


class Desked(Served):
    """The node, its desk and clients."""

    def __init__(self, home: Path) -> None:
        self.home = home
        files = Home(home)
        set_up(files, CONFIG)
        self.real = Node(files, CONFIG)
        self.node = self.real  # type: ignore[assignment]
        path = home.parent / "reports.csv"
        path.write_text(HEAD + ROWS, encoding="utf-8")
        self.real.take_file(Order(path, path.name))
        self.now = now_text()  # the node's own clock tells when entries are made
        self.app, self.desk = build_app(self.real, home, replace(SETTINGS), clock=lambda: self.now)
        self.local = self.client("127.0.0.1", {"Saksi-Purpose": "a test"})
        self.far = self.client("192.0.2.7", {})
        self.people: dict[str, str] = {}
        cheap(self)
        self.desk.people.register.add("Root", read_post("unit one", ["administrator"], "CLEAR"), by="command-line")

    def person(self, name: str, *roles: str, unit: str = "unit one", clearance: str = "RED") -> Browser:
        """Somebody who has just signed in."""
        browser = signed_in(self, name, *roles, clearance=clearance)
        register = self.desk.people.register
        self.people[name] = register.named(name).id
        if unit != "unit one":
            register.move(self.people[name], read_post(unit, roles, clearance), by="command-line")
            browser = self.again(name)
        return browser

    def again(self, name: str) -> Browser:
        """The browser of somebody known, signed in anew."""
        browser = Browser(self)
        assert browser.sign_in(name, app_code(self, self.people[name])).status_code == 303
        return browser

    def actor(self, name: str) -> Actor:
        """Somebody as statements name them."""
        return self.desk.people.register.person(self.people[name]).actor

    def report(self, letter: str) -> str:
        """The id of a report by the last letter of its reference."""
        return next(line.id for line in self.real.board.queue(now_text()).lines if line.id.endswith(letter))

    def case(self, name: str) -> Case:
        """A case opened by somebody from the first report."""
        return self.real.open_case("a case", self.actor(name), Tlp.RED, reports=[self.report("1")])
