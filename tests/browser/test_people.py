"""Signing in with a real browser: by keyboard alone, without script, with a passkey, and free of barriers (axe)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_pages import ROOT, barriers, shoot

from saksi.app.home import Home, people_key
from saksi.app.people.person import read_post
from saksi.app.people.register import Register
from saksi.app.people.store import Store

pytestmark = pytest.mark.browser
WORDS = "four green lamps by the river"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """A node with one administrator who has not signed in yet: address by name, the set-up codes of two."""
    home = tmp_path_factory.mktemp("people")
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests/unit/app'}"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("served.py")), str(home)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip().rstrip("/").replace("127.0.0.1", "localhost")
    store = Store(home / "people", key=people_key(Home(home)), clock=lambda: int(time.time()), random=os.urandom)
    codes = [Register(store).add(name, read_post("u", ["administrator"], "GREEN"), by="command-line")[1] for name in ("Ann", "Ben")]
    store.close()
    yield address, codes[0], codes[1]
    process.terminate()
    process.wait(20)
    process.stdout.close()


def now_code(key: str) -> str:
    import base64

    return HOTP(base64.b32decode(key), 6, SHA1()).generate(int(time.time()) // 30).decode()


def typed(page: Page, *texts: str) -> None:
    """Type one field after the other, as with no mouse."""
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Tab")


def test_from_a_set_up_code_to_the_people_by_keyboard_and_without_script(chromium: Browser, place: tuple[str, str, str]) -> None:
    address, code, _ = place
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{address}/sign-in/first")
    page.locator("input[name=name]").focus()
    typed(page, "Ann", code, WORDS, WORDS)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/codes")
    page.locator("input[name=code]").focus()
    page.keyboard.type(now_code(page.locator("dd code").inner_text()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    expect(page.locator("h1")).to_have_text("Your account")
    state = context.storage_state()
    context.close()

    looking = chromium.new_context(storage_state=state, locale="en-GB")
    page = looking.new_page()
    for name, path in (("me", "/me"), ("people", "/admin/people"), ("second", "/sign-in/second"), ("codes", "/me/codes")):
        page.goto(address + path, wait_until="networkidle")
        for drawer in page.locator("details").all():
            drawer.evaluate("each => each.open = true")
        assert barriers(page) == [], path
        shoot(page, f"{name}-light")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}/admin/people", wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(f"{address}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.goto(f"{address}/me").status == 401  # type: ignore[union-attr]
    looking.close()


def test_a_passkey_is_made_and_signs_in(context: BrowserContext, place: tuple[str, str, str]) -> None:
    address, _, code = place
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{address}/sign-in/first")
    for name, text in (("name", "Ben"), ("code", code), ("password", WORDS), ("again", WORDS)):
        page.fill(f"input[name={name}]", text)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/me/codes")
    page.get_by_label("What you call it").fill("blue key")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/me")
    expect(page.locator("main")).to_contain_text("blue key")
    page.goto(f"{address}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{address}/admin")
    page.goto(f"{address}/me")
    expect(page.locator("main")).to_contain_text("Ben")
