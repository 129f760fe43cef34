"""A request from the form to its pack with a real browser: by keyboard alone, without script, free of barriers (axe), on a small screen."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_pages import ROOT, barriers, shoot

pytestmark = pytest.mark.browser
ACCOUNT = "account:KH:ABA:000123456"
Place: TypeAlias = "tuple[str, dict[str, str], dict[str, str]]"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The address by name, a session of each officer, and what they deal with."""
    home = tmp_path_factory.mktemp("bureau")
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests/unit/app'}"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bureau_served.py")), str(home)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    yield told["address"].rstrip("/").replace("127.0.0.1", "localhost"), told["tokens"], told["there"]
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture
def at(chromium: Browser, place: Place) -> Iterator[Callable[..., Page]]:
    """A page of an officer, without script unless asked for."""
    made: list[BrowserContext] = []
    address, tokens, _ = place

    def opened(name: str, *, script: bool = False) -> Page:
        context = chromium.new_context(java_script_enabled=script, locale="en-GB", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "saksi-session", "value": tokens[name], "url": address}])
        made.append(context)
        return context.new_page()

    yield opened
    for each in made:
        each.close()


def fields(page: Page, form: str, **told: str) -> None:
    """Walk through a form by Tab alone; type into what is named, tick what waits for a tick, and press Enter on its button."""
    page.locator(f"{form} :is(input:not([type=hidden]), select, textarea, button)").first.focus()
    for _ in range(200):
        here = page.locator(":focus")
        name, kind = here.get_attribute("name") or "", here.get_attribute("type") or ""
        if kind == "checkbox" and told.get(name) == "tick" and not here.is_checked():
            page.keyboard.press("Space")
        elif name in told and kind != "checkbox":
            page.keyboard.type(told[name])
        if here.evaluate("each => each.tagName === 'BUTTON'"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError("the form has no button that Tab reaches")


def test_from_a_draft_to_the_pack_by_keyboard_and_without_script(place: Place, at: Callable[..., Page]) -> None:
    address, *_ = place
    ann, abe, rita = at("Ann"), at("Abe"), at("Rita")
    ann.goto(f"{address}/request/new?entity={ACCOUNT}")
    fields(
        ann, "form[method=post]", instrument="agreement of banks", proportionality="the two payments reported", living_costs="100 USD stay"
    )
    ann.wait_for_url(re.compile(r"/request/[0-9a-f]{32}$"))
    path = ann.url
    for page, word, told in ((abe, "Approve", {"target": "tick"}), (rita, "Agree", {"target": "tick", "text": "read"}), (ann, "Send", {})):
        page.goto(f"{address}/requests")
        page.locator(f"main li a[href$='{path[-32:]}']").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(path)
        fields(page, f"form[aria-label^='{word}']", **told)
        page.wait_for_load_state()
        expect(page.locator(".refused")).to_have_count(0)
    expect(ann.locator(".verdict")).to_contain_text("sent; receipt is not acknowledged yet")
    fields(ann, "form[aria-labelledby=typed]", checked="called back on the number of the directory", via="t")
    expect(ann.locator("main")).to_contain_text("received; not decided yet")
    with ann.expect_download() as pack:
        ann.get_by_role("button", name="Evidence pack").focus()
        ann.keyboard.press("Enter")
    assert pack.value.suggested_filename.endswith(".zip")


def test_what_came_in_is_set_aside_and_erased_by_keyboard_and_without_script(place: Place, at: Callable[..., Page]) -> None:
    address, _, there = place
    ann, abe = at("Ann"), at("Abe")
    ann.goto(f"{address}/answers/{there['mail']}")
    fields(ann, "form[action$=aside]", reason="read and not ours")
    ann.wait_for_load_state()
    expect(ann.locator(".mind").first).to_contain_text("read and not ours")
    expect(ann.locator("form[action$=erase]")).to_have_count(0)
    abe.goto(f"{address}/answers/{there['appeal']}")
    fields(abe, "form[action$=erase]", reason="its writer asked")
    abe.wait_for_load_state()
    expect(abe.locator(".mind").first).to_contain_text("Erased for good by")
    expect(abe.locator("main")).not_to_contain_text("I let rooms")


def test_the_pages_of_requests_have_no_barriers(place: Place, at: Callable[..., Page]) -> None:
    address, _, there = place
    abe, ann = at("Abe", script=True), at("Ann", script=True)
    abe.goto(f"{address}/requests")
    one = abe.locator("main li a").first.get_attribute("href")
    mail, appeal, sent = (f"/answers/{there['mail']}", f"/answers/{there['appeal']}", f"/request/{there['request']}")
    paths = {
        "requests": "/requests", "request": one, "request-new": f"/request/new?entity={ACCOUNT}", "request-edit": f"{one}/edit",
        "record": "/record", "notice": f"{sent}/notice", "answers": "/answers", "answers-aside": "/answers?state=aside",
        "answer": mail, "appeal": appeal,
    }  # fmt: skip
    for name, path in paths.items():
        page = ann if name.startswith("request-") else abe
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{address}{path}", wait_until="networkidle")
        for drawer in page.locator("details").all():
            drawer.evaluate("each => each.open = true")
        assert barriers(page) == [], path
        shoot(page, f"{name}-light")
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        shoot(page, f"{name}-small")
