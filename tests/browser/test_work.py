"""The desk in a real browser: from a report to a case by keyboard alone and without script, free of barriers (axe), on small screens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_pages import ROOT, barriers, shoot
from test_people import WORDS, now_code, typed

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A node with reports: its address, and the set-up codes of an analyst, an approver and an administrator."""
    home = tmp_path_factory.mktemp("desk") / "node"
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests/unit/app'}"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("desked_served.py")), str(home)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    address, *codes = process.stdout.readline().split()
    yield address.rstrip("/"), codes
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(scope="module")
def states(chromium: Browser, desk: tuple[str, list[str]]) -> dict[str, object]:
    """The signed-in browsers of all three."""
    made: dict[str, object] = {}
    for name, code in zip(("Ann", "Ben", "Root"), desk[1], strict=True):
        context = chromium.new_context(java_script_enabled=False, locale="en-GB")
        page = context.new_page()
        page.goto(f"{desk[0]}/sign-in/first")
        page.locator("input[name=name]").focus()
        typed(page, name, code, WORDS, WORDS)
        page.keyboard.press("Enter")
        page.wait_for_url("**/me/codes")
        page.locator("input[name=code]").focus()
        page.keyboard.type(now_code(page.locator("dd code").inner_text()))
        page.keyboard.press("Enter")
        page.wait_for_url("**/me")
        made[name] = context.storage_state()
        context.close()
    return made


def look(page: Page, name: str) -> None:
    """No barriers, all drawers open; no sideways scrolling on a small screen."""
    shoot(page, f"{name}-light")
    for drawer in page.locator("details").all():
        drawer.evaluate("each => each.open = true")
    assert barriers(page) == [], name
    page.emulate_media(color_scheme="dark")
    assert barriers(page) == [], f"{name}, dark"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
    shoot(page, f"{name}-small")
    page.set_viewport_size({"width": 1280, "height": 900})


def to(page: Page, words: str, most: int = 120) -> None:
    """Tab on to the control of that name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText?.trim()") == words:
            return
    pytest.fail(f"{words} cannot be reached by Tab")


def test_from_a_report_to_a_case_by_keyboard_alone(chromium: Browser, desk: tuple[str, list[str]], states: dict[str, object]) -> None:
    context = chromium.new_context(storage_state=states["Ann"], viewport={"width": 1280, "height": 900}, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.goto(desk[0])
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/today")
    expect(page.locator("nav a[aria-current]")).to_have_text("Today")
    first = page.locator(".queue > li").first
    expect(first).to_contain_text("money may still be reached")
    expect(first).to_contain_text("paid by bank-transfer, within reach until")
    expect(page.locator(".queue")).to_contain_text("They may come from one hand, or from one scam that many met")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(first.locator(".drawer")).to_be_visible()
    look(page, "today")
    first.focus()
    to(page, "Look, and make a case of it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/report?id=*")
    look(page, "report")
    page.locator("#main").focus()
    to(page, "Open the case")
    page.keyboard.press("Enter")
    page.wait_for_url("**/case/*")
    expect(page.locator("#favour")).to_be_in_viewport()
    page.locator("#main").focus()
    to(page, "Note")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("បានទូរស័ព្ទទៅធនាគារ: the bank was called")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("blockquote")).to_contain_text("the bank was called")
    look(page, "case")
    stale = page.locator('form:has(input[value="note"]) input[name=head]').get_attribute("value")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases")
    look(page, "cases")
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_contain_text("Go to: Today")
    page.keyboard.press("Escape")
    page.locator(".plain a").first.click()
    page.evaluate("head => document.querySelector('form:has(input[value=\"note\"]) input[name=head]').value = head", "0" * 64)
    assert stale
    page.locator('form:has(input[value="note"]) textarea').fill("too late")
    page.get_by_role("button", name="Note", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("somebody has worked on this case since you looked")
    look(page, "case-refused")
    assert errors == []
    context.close()


def test_the_desk_works_without_script(chromium: Browser, desk: tuple[str, list[str]], states: dict[str, object]) -> None:
    context = chromium.new_context(storage_state=states["Ben"], java_script_enabled=False, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{desk[0]}/today")
    page.get_by_role("link", name="report:centre.a.example/R-4").click()
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/case/*")
    page.get_by_text("Seal", exact=True).first.click()
    seal = page.locator('form:has(input[value="seal"])')
    seal.locator("textarea").fill("a leak (synthetic)")
    seal.get_by_role("button").click()
    page.wait_for_url("**/cases")
    page.locator(".plain a").first.click()
    expect(page.locator("main")).to_contain_text("the case is sealed: a leak (synthetic)")
    context.close()


def test_how_the_node_is_has_no_barriers(chromium: Browser, desk: tuple[str, list[str]], states: dict[str, object]) -> None:
    context: BrowserContext = chromium.new_context(storage_state=states["Root"], viewport={"width": 1280, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{desk[0]}/admin")
    expect(page.locator("main")).to_contain_text("statements, signed")
    look(page, "admin")
    context.close()
