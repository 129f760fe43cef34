"""The public pages in a real browser: no barriers, no script, by keyboard alone, in three languages, and after "back"."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "screens"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SAKSI = [sys.executable, "-m", "saksi.app.cli"]
PATHS = {"report": "/report", "urgent": "/report/urgent", "status": "/report/status", "check": "/check", "missing": "/nothing"}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The public pages and the operator's form of a node of an invented authority, in a process of its own."""
    home = tmp_path_factory.mktemp("intake") / "home"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = ("--authority", "centre.a.example", "--name", "Centre of Country A", "--country", "KH")
    subprocess.run([*SAKSI, "init", "--home", str(home), *words], check=True, env=env, stdout=subprocess.DEVNULL)
    command = [*SAKSI, "serve", "--home", str(home), "--port", "0", "--public", "127.0.0.1:0", "--operators"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    public, own = (process.stdout.readline().strip().rpartition(" ")[2].rstrip("/") for _ in range(2))
    assert public.startswith("http://127.0.0.1:"), public
    yield public, own
    process.terminate()
    process.wait(30)
    process.stdout.close()


@pytest.fixture
def public(places: tuple[str, str]) -> str:
    return places[0]


@pytest.fixture
def visitor(context: BrowserContext) -> Page:
    return context.new_page()


def shoot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"intake-{name}.png", full_page=True)


def barriers(page: Page) -> list[str]:
    if not AXE.is_file():
        pytest.skip("axe-core is not in node_modules: run `npm ci`")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


@pytest.mark.parametrize("lang", ["en", "km", "th"])
@pytest.mark.parametrize("name", PATHS)
def test_no_page_has_barriers(visitor: Page, public: str, name: str, lang: str) -> None:
    visitor.goto(f"{public}{PATHS[name]}?lang={lang}", wait_until="networkidle")
    for drawer in visitor.locator("details").all():
        drawer.evaluate("each => each.open = true")
    assert barriers(visitor) == []
    shoot(visitor, f"{name}-{lang}")


@pytest.mark.parametrize("lang", ["en", "km"])
def test_a_narrow_dark_screen_needs_no_sideways_scrolling(visitor: Page, public: str, lang: str) -> None:
    visitor.set_viewport_size({"width": 360, "height": 740})
    visitor.emulate_media(color_scheme="dark")
    visitor.goto(f"{public}/report?lang={lang}", wait_until="networkidle")
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 360
    assert barriers(visitor) == []
    shoot(visitor, f"narrow-{lang}")


def test_a_report_is_made_by_keyboard_without_script_and_followed(chromium: Browser, public: str) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{public}/report")
    page.locator("#narrative").focus()
    page.keyboard.type("They said I had won. ខ្ញុំបានបង់ប្រាក់")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("id") == "phones":
            break
    page.keyboard.type("០១២ ៣៤៥ ៦៧៨")
    page.keyboard.press("Enter")
    page.keyboard.type("no number at all")
    for _ in range(60):
        page.keyboard.press("Tab")
        if "Send the report" in page.locator(":focus").inner_text():
            break
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Your report has been received")
    shoot(page, "received")
    number, secret = (page.locator(".numbers dd").nth(at).inner_text() for at in (0, 1))
    expect(page.locator("main")).to_contain_text("no number at all")
    page.reload()  # sent again
    expect(page.locator(".numbers dd").first).to_have_text(number)
    expect(page.locator("main")).to_contain_text("We had this report already")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Report a scam")
    page.goto(f"{public}/report/{number.replace(' ', '')}")
    page.locator("#secret").fill(secret)
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("Received")
    shoot(page, "status-received")
    assert context.cookies() == []
    context.close()


def test_what_is_refused_keeps_what_was_written(visitor: Page, public: str) -> None:
    visitor.goto(f"{public}/report/urgent")
    visitor.locator("#narrative").fill("somebody is held")
    visitor.locator("#location").fill("a house")
    visitor.get_by_role("button", name="Send the report").click()
    expect(visitor.get_by_role("alert")).to_contain_text("only with the tick")
    expect(visitor.locator("#narrative")).to_have_value("somebody is held")
    assert barriers(visitor) == []
    shoot(visitor, "refused")


def test_a_file_is_given_with_a_report(visitor: Page, public: str, tmp_path: Path) -> None:
    picture = tmp_path / "បង្កាន់ដៃ.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    visitor.goto(f"{public}/report?lang=th")
    visitor.locator("#narrative").fill("มีไฟล์")
    visitor.locator("#files").set_input_files(picture)
    visitor.locator("button").click()
    expect(visitor.locator("h1")).to_have_text("ได้รับเรื่องของคุณแล้ว")
    assert barriers(visitor) == []
    shoot(visitor, "received-th")


def test_a_question_is_answered(visitor: Page, public: str) -> None:
    visitor.goto(f"{public}/check")
    visitor.locator("#value").fill("012 345 678")
    visitor.keyboard.press("Enter")
    expect(visitor.locator(".verdict")).to_contain_text("No public warning is known here.")
    assert "012" not in visitor.url
    assert barriers(visitor) == []
    shoot(visitor, "check-nothing")


def test_an_operator_writes_a_call_down(visitor: Page, places: tuple[str, str]) -> None:
    visitor.goto(f"{places[1]}/intake")
    assert barriers(visitor) == []
    shoot(visitor, "operator")
    visitor.locator("#narrative").fill("The caller paid twice. ម្តងទៀត")
    visitor.get_by_role("button", name="Write it down").click()
    expect(visitor.locator(".numbers dd")).to_have_count(2)
    shoot(visitor, "taken")
