"""The day's work with real browsers, one for each person: report, triage, case, request, letter, answer, appeal, lifting, pack.

The rule of counting: what one practised user does between the queue with the open report and the letter at the mail server. Each click on a
link or a button, each form sent, each page called again and each field that must be typed in counts one; what stands filled in and is left
as it is counts nothing. Approvals are other people's, and not counted. The second factor, which has gone stale meanwhile, is.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from test_pages import ROOT

from saksi.app.day.cast import code_now

pytestmark = pytest.mark.browser
MOST = 12
ACCOUNT = "account-local:centre.a.example/XB/xbbank1/44001201"
ALONE = ROOT / "tests/unit/app/alone.py"
WITHIN = 60.0


class Desk:
    """A real mail server's mind: keeps what came."""

    def __init__(self) -> None:
        self.met: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:
        self.met.append(envelope)
        return "250 OK"


@contextmanager
def mail_server(desk: Desk) -> Iterator[int]:
    """A real server on this machine, in a thread of its own; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    made = Controller(desk, hostname="127.0.0.1", port=port, ready_timeout=10)
    made.start()
    try:
        yield port
    finally:
        made.stop()


@dataclass
class Place:
    """Where the node is served for its people and for everybody, its folder and key, and the mind of the mail server."""

    own: str
    public: str
    folder: Path
    key: str
    mail: Desk


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The node in a process of its own, the mail server in a thread of this one."""
    folder, desk = tmp_path_factory.mktemp("walk"), Desk()
    with mail_server(desk) as port:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("walk_served.py")), str(folder), str(port)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )  # fmt: skip
        assert process.stdout is not None
        key = json.loads(process.stdout.readline())["key"]
        public, own = (process.stdout.readline().strip().rpartition(" ")[2].rstrip("/") for _ in range(2))
        yield Place(own, public, folder, key, desk)
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def people(chromium: Browser, place: Place) -> Iterator[Callable[[str], Page]]:
    """A page of somebody who has signed in, with password and code, in a browser of theirs."""
    made: list[BrowserContext] = []

    def signed_in(name: str) -> Page:
        context = chromium.new_context(java_script_enabled=False, locale="en-GB", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(20_000)
        made.append(context)
        page = context.new_page()
        page.goto(f"{place.own}/sign-in")
        password, code = code_now(place.folder, name, int(time.time()) + 30)  # the code of this half minute was used to set it up
        for field_, text in (("name", name), ("password", password), ("code", code)):
            page.fill(f"input[name={field_}]", text)
        page.locator("main form button").first.click()
        page.wait_for_url(f"{place.own}/")
        return page

    yield signed_in
    for each in made:
        each.close()


@dataclass
class Hands:
    """The hands of the user whose actions are counted."""

    page: Page
    did: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        self.did.append(f"click {what.inner_text().strip()}")
        what.click()
        self.page.wait_for_load_state()

    def write(self, name: str, text: str) -> None:
        self.did.append(f"type {name}")
        box = self.page.locator(f"main form[method=post] [name={name}]").first
        assert box.input_value() == "", f"{name} is filled in already"
        box.fill(text)

    def again(self) -> None:
        self.did.append("call the page again")
        self.page.reload()


def until(done: Callable[[], bool]) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + WITHIN
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def took(page: Page, path: str, word: str) -> bool:
    """Whether the request's own data have that step."""
    page.goto(f"{path}.json")
    return any(each["step"]["word"] == word for each in json.loads(page.locator("body").inner_text())["steps"])


def reported(page: Page, place: Place) -> None:
    """Ina takes a report down."""
    page.goto(f"{place.own}/intake")
    told = {
        "narrative": "A voice said that my parcel was held and a fee was due (synthetic).", "amount_1": "1250.00", "currency_1": "XBD",
        "account_1": "44001201", "bank_1": "XBBANK1", "phones": "+1 202 555 0147", "country": "XB",
    }  # fmt: skip
    for name, text in told.items():
        page.fill(f"[name={name}]", text)
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("main")).to_contain_text("Number of the report")


def agreed(page: Page, path: str, word: str) -> None:
    """An approver or a reviewer agrees, account by account."""
    page.goto(path)
    form = page.locator(f"form:has(input[name=word][value={word}])")
    form.locator("input[name=target]").check()
    form.locator("textarea[name=text]").fill("read it (synthetic)")
    form.get_by_role("button").click()
    page.wait_for_load_state()
    expect(page.locator(".refused")).to_have_count(0)


def answered(page: Page, path: str, word: str, amount: str = "") -> None:
    """Ina types in what the bank said by telephone."""
    page.goto(path)
    form = page.locator("form[aria-labelledby=typed]")
    form.locator(f"input[name=word][value={word}]").check()
    form.locator("select[name=via]").select_option("phone")
    form.locator("input[name=checked]").fill("called back on the number of the directory (synthetic)")
    if amount:
        form.locator("input[name=done_amount]").fill(amount)
    form.locator("button").click()
    page.wait_for_load_state()
    expect(page.locator(".refused")).to_have_count(0)


def gone_stale(place: Place, name: str) -> None:
    """Ten minutes have passed since somebody showed a second factor."""
    with sqlite3.connect(place.folder / "home" / "people" / "people.db", timeout=10) as rows:
        made = rows.execute("UPDATE session SET factor = factor - 600 WHERE person = (SELECT id FROM person WHERE name = ?)", (name,))
        assert made.rowcount == 1


def drafted(hands: Hands, place: Place) -> str:
    """From the queue to a draft that waits for others; gives its address."""
    page = hands.page
    page.goto(f"{place.own}/today")
    hands.click(page.locator(".queue > li").first.get_by_role("link").first)
    hands.click(page.get_by_role("button", name="Open the case"))
    hands.click(page.get_by_role("link", name="Draft a request"))
    expect(page.locator("input[name=target]")).to_have_value(ACCOUNT)
    expect(page.locator("input[name=amount]")).to_have_value("1250.00")
    hands.write("instrument", "agreement of A and B (synthetic)")
    hands.write("proportionality", "the one payment reported (synthetic)")
    hands.write("living_costs", "100 XBD stay free (synthetic)")
    hands.click(page.locator("main form[method=post] button"))
    expect(page.locator(".refused")).to_have_count(0)
    return page.url


def sent(hands: Hands, place: Place) -> None:
    """The request was agreed to: it leaves."""
    page = hands.page
    hands.again()
    hands.click(page.locator("main .mind a[href^='/sign-in/second']"))
    start = int(time.time()) // 30
    until(lambda: int(time.time()) // 30 > start)  # an authenticator app shows the next code
    hands.write("code", code_now(place.folder, "Ada", int(time.time()) + 30)[1])
    hands.click(page.locator("main form[method=post] button").first)
    hands.click(page.locator("form:has(input[name=word][value=send]) button"))
    expect(page.locator(".refused")).to_have_count(0)


def test_from_a_report_to_a_pack_that_verifies_alone(people: Callable[[str], Page], place: Place, tmp_path: Path) -> None:
    ina, ada, petra, rui = (people(name) for name in ("Ina", "Ada", "Petra", "Rui"))
    reported(ina, place)
    until(lambda: ada.goto(f"{place.own}/today") is not None and ada.locator(".queue > li").count() > 0)
    hands = Hands(ada)
    path = drafted(hands, place)
    gone_stale(place, "Ada")
    agreed(petra, path, "approve")
    agreed(rui, path, "review")
    sent(hands, place)
    until(lambda: bool(place.mail.met))
    assert len(hands.did) <= MOST, hands.did
    letter = email.message_from_bytes(place.mail.met[0].content or b"", policy=email.policy.default)
    assert place.mail.met[0].rcpt_tos == ["fraud@bank.b.example"]
    (paper,) = [part for part in letter.walk() if part.get_content_type() == "application/pdf"]
    assert paper.get_content().startswith(b"%PDF-")

    until(lambda: took(ina, path, "deliver"))
    for word, amount in (("receive", ""), ("accept", ""), ("in-force", "1250.00")):
        answered(ina, path, word, amount)
    contested(ina, place, ina.locator(".crumbs code").inner_text())
    until(lambda: took(rui, path, "appeal"))
    rui.goto(path)
    lift = rui.locator("form:has(input[name=word][value=lift])")
    lift.locator("textarea").fill("the payment was for a room (synthetic)")
    lift.get_by_role("button").click()
    answered(ina, path, "lifted")
    expect(ina.locator(".verdict").first).to_contain_text("withdrawn, and lifted")
    verified(ada, path, place.key, tmp_path / "walk.pack.zip")


def contested(page: Page, place: Place, reference: str) -> None:
    """The holder of the account writes to the authority, with the reference that the bank has told."""
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    holder = context.new_page()
    holder.goto(f"{place.public}/appeal?lang=en")
    for name, text in (("reference", reference), ("words", "I let rooms; it was a deposit (synthetic)."), ("contact", "by letter")):
        holder.fill(f"[name={name}]", text)
    holder.locator("main form button").click()
    expect(holder.get_by_role("status")).to_be_visible()
    context.close()


def verified(page: Page, path: str, key: str, out: Path) -> None:
    """The pack is downloaded, and checked by a process that can import the verifying core alone and reach no network."""
    page.goto(path)
    with page.expect_download() as told:
        page.get_by_role("button", name="Evidence pack").click()
    told.value.save_as(out)
    run = [sys.executable, str(ALONE), str(out), "--key", key]
    made = subprocess.run(run, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT / "src")})
    assert (made.returncode, made.stdout.splitlines()[-1]) == (0, "verified"), made.stdout + made.stderr
    assert "withdrawn, and lifted" in made.stdout
