"""Saved searches in a real browser: by keyboard and without script, free of barriers (axe); and events that come by themselves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from test_pages import ROOT, barriers, shoot
from test_people import WORDS, now_code, typed

pytestmark = pytest.mark.browser
PHONE = "phone:+85512345678"


@pytest.fixture
def alarm(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The node's process, its address, a set-up code."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests/unit/app'}"}
    script = str(Path(__file__).with_name("alarm_served.py"))
    process = subprocess.Popen(
        [sys.executable, script, str(tmp_path / "node")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    assert process.stdin is not None
    address, code = process.stdout.readline().split()
    yield process, address.rstrip("/"), code
    process.terminate()
    process.wait(30)
    process.stdout.close()
    process.stdin.close()


def look(page: Page, name: str) -> None:
    """No barriers in light and dark; no sideways scrolling on a small screen."""
    shoot(page, f"{name}-light")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert barriers(page) == [], f"{name}, {scheme}"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
    shoot(page, f"{name}-small")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_a_thing_to_what_is_new_about_it(chromium: Browser, alarm: tuple[subprocess.Popen[str], str, str]) -> None:
    process, address, code = alarm
    assert process.stdin is not None
    plain = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = plain.new_page()
    page.goto(f"{address}/sign-in/first")
    page.locator("input[name=name]").focus()
    typed(page, "Ann", code, WORDS, WORDS)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/codes")
    page.locator("input[name=code]").focus()
    page.keyboard.type(now_code(page.locator("dd code").inner_text()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    page.goto(f"{address}/e/{PHONE}")
    page.get_by_role("link", name="Tell me what is new").focus()
    page.keyboard.press("Enter")
    expect(page.locator("input[name=what]")).to_have_value(PHONE)
    page.locator("select[name=how]").focus()
    page.keyboard.type("a host")  # a list is chosen from by its first letters
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("phish[.]example[.]net")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/w-*")
    where = page.url
    expect(page.locator("h1")).to_have_text("phish.example.net")
    state = plain.storage_state()
    plain.close()

    context = chromium.new_context(storage_state=state, locale="en-GB")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(where, wait_until="load")
    page.evaluate(
        "() => { window.came = []; const events = new EventSource('/api/v1/events');"
        " events.addEventListener('alert', event => window.came.push(JSON.parse(event.data).entity));"
        " return new Promise(ready => events.addEventListener('open', ready)); }"
    )
    process.stdin.write("pay.phish.example.net\nelsewhere.example.org\n")
    process.stdin.flush()
    for _ in range(100):
        if page.evaluate("() => window.came.length"):
            break
        time.sleep(0.1)
    assert page.evaluate("() => window.came") == ["host:pay.phish.example.net"]

    other = context.new_page()
    other.goto(where, wait_until="load")
    expect(other.get_by_role("link", name="host:pay.phish.example.net")).to_be_visible()
    look(other, "alert")
    other.goto(f"{address}/alerts", wait_until="load")
    look(other, "alerts")
    begun = time.monotonic()
    process.terminate()  # while somebody listens
    process.wait(20)
    assert time.monotonic() - begun < 15
    context.close()
