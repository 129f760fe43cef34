"""The pages in a real browser: by keyboard, in six scripts, without script, on paper, and free of barriers (axe)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "screens"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = "phone:+85512345678"
MANY = "/e/account:KH:BANKA:1"
PAGES = {
    "home": "/",
    "refused": "/?q=%3F%3F%3F",
    "contested": f"/e/{PHONE}?q=%E1%9F%A0%E1%9F%A1%E1%9F%A2",
    "safe": "/e/host:news.example.com",
    "unknown": "/e/phone:+85599999999",
    "past": "/e/host:page007.example.org",
    "search": "/search?q=example",
    "ledger": "/ledger",
    "about": "/about",
    "sign-in": "/sign-in",
    "first": "/sign-in/first",
    "sign-out": "/sign-out",
    "missing": "/nothing-here",
    "problem": "/problems/too-many",
}

pytestmark = pytest.mark.browser


def statement_of(page: Page, address: str) -> str:
    answer = page.request.get(f"{address}/e/{PHONE}.json").json()
    return str(answer["statements"][0]["ref"].rpartition("#")[2])


def shoot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


def barriers(page: Page) -> list[str]:
    """What axe finds. Its script is evaluated, not added to the page: the page's policy forbids strangers."""
    if not AXE.is_file():
        pytest.skip("axe-core is not in node_modules: run `npm ci`")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in [*PAGES, "statement"]), ("contested", "dark"), ("home", "dark")]
)
def test_no_page_has_barriers(page: Page, address: str, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    path = PAGES[name] if name in PAGES else f"/s/{statement_of(page, address)}"
    page.goto(address + path, wait_until="networkidle")
    for drawer in page.locator("details[data-drawer]").all():
        drawer.evaluate("each => each.open = true")
    assert barriers(page) == []
    shoot(page, f"{name}-{scheme}")


@pytest.mark.parametrize("name", ["home", "contested", "ledger"])
def test_a_narrow_screen_needs_no_sideways_scrolling(page: Page, address: str, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address + PAGES[name], wait_until="networkidle")
    shoot(page, f"{name}-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert barriers(page) == []


def test_a_value_is_looked_up_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/ledger")
    page.keyboard.press("/")
    page.keyboard.type("០១២ ៣៤៥ ៦៧៨")
    page.keyboard.press("Enter")
    page.wait_for_url("**/e/**")
    expect(page.locator("h1")).to_contain_text("+85512345678")
    expect(page.locator(".chip.contested").first).to_be_visible()
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.id")
    page.keyboard.press("j")
    assert first.startswith("s-")
    assert page.evaluate("document.activeElement.id") not in {first, ""}
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.id") == first
    page.keyboard.press("e")
    expect(page.locator(f"#{first} .drawer")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator(f"#{first} .drawer")).to_be_hidden()
    page.keyboard.press("b")
    page.wait_for_url("**/ledger")


def test_keys_can_be_switched_off(page: Page, address: str) -> None:
    page.goto(f"{address}/about")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.reload()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") != "INPUT"


def test_typing_a_key_into_the_box_types_it(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#q").focus()
    page.keyboard.type("s/?jkeb")
    assert page.locator("#q").input_value() == "s/?jkeb"


def test_s_copies_a_link_that_is_pinned_to_a_size(context: BrowserContext, page: Page, address: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/e/{PHONE}")
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_contain_text("?at=")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{address}/e/{PHONE}?at=")
    assert page.goto(copied).status == 200  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "lang", "least"),
    [("០១២ ៣៤៥ ៦៧៨", "km", 1.9), ("๐๑๒ ๓๔๕ ๖๗๘", "th", 1.75), ("၀၁၂ ၃၄၅ ၆၇၈", "my", 2.0), ("客服中心", "zh", 0), ("ຝ່າຍບໍລິການ", "lo", 1.75)],
)
def test_each_script_is_named_and_has_room(page: Page, address: str, text: str, lang: str, least: float) -> None:
    page.goto(f"{address}/e/{PHONE}")
    for drawer in page.locator("details[data-drawer]").all():
        drawer.evaluate("each => each.open = true")
    place = page.locator(f"bdi[lang={lang}]", has_text=text).first
    expect(place).to_be_visible()
    style = place.evaluate(
        "each => { const s = getComputedStyle(each); return [parseFloat(s.lineHeight), parseFloat(s.fontSize), s.wordBreak] }"
    )
    assert style[2] == "normal"
    if least:
        assert style[0] / style[1] == pytest.approx(least, abs=0.01)


@pytest.mark.parametrize(
    "family", ["Inter Variable", "Source Serif 4 Variable", "Noto Sans Khmer Variable", "Noto Sans Thai Variable", "Noto Sans Myanmar"]
)
def test_the_bundled_fonts_are_used(page: Page, address: str, family: str) -> None:
    page.goto(f"{address}/e/{PHONE}", wait_until="networkidle")
    loaded = page.evaluate(
        "document.fonts.ready.then(all => [...all].filter(f => f.status == 'loaded').map(f => f.family.replaceAll('\"', '')))"
    )
    if not loaded:
        pytest.skip("the page's parts were not built: run `npm run build`")
    assert family in loaded


def test_the_proof_is_checked_in_the_browser(page: Page, address: str) -> None:
    page.goto(f"{address}/s/{statement_of(page, address)}")
    check = page.locator("saksi-proof")
    expect(check).to_contain_text("Checked in this browser: the proof holds.")
    expect(check.locator("li")).to_have_count(5)
    expect(check).to_contain_text("signed with this node's key")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("suspected-mule", "confirmed-mule"),
        ("index 0", "index 1"),
        ("centre.a.example/saksi/1\\\\n361", "centre.a.example/saksi/1\\\\n362"),
    ],
)
def test_a_proof_that_was_tampered_with_does_not_hold(page: Page, address: str, old: str, new: str) -> None:
    digest = statement_of(page, address)

    def lie(route):
        body = route.fetch().text()
        assert old.replace("\\\\", "\\") in body
        route.fulfill(body=body.replace(old.replace("\\\\", "\\"), new.replace("\\\\", "\\")), content_type="application/json")

    page.route("**/proof?*", lie)
    page.goto(f"{address}/s/{digest}")
    expect(page.locator("saksi-proof")).to_have_attribute("data-verdict", "fails")
    expect(page.locator("saksi-proof")).to_contain_text("does NOT hold")


def test_everything_reads_without_script(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.locator("#q").fill("012 345 678")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url("**/e/**")
    expect(page.locator("h1")).to_contain_text("+85512345678")
    page.locator("summary").first.click()
    expect(page.locator(".drawer").first).to_contain_text("TLP:")
    page.get_by_role("link", name="Check it yourself").first.click()
    expect(page.get_by_role("link", name="Download the proof file")).to_be_visible()
    shoot(page, "statement-noscript")
    page.goto(f"{address}/ledger")
    expect(page.locator("main")).to_contain_text("Unwitnessed")
    context.close()


def test_nothing_is_asked_of_other_machines(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (*PAGES.values(), f"/s/{statement_of(page, address)}"):
        page.goto(address + path, wait_until="networkidle")
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def test_a_link_to_one_statement_opens_its_evidence(page: Page, address: str) -> None:
    digest = statement_of(page, address)
    page.goto(f"{address}/e/{PHONE}#s-{digest}")
    expect(page.locator(f"#s-{digest} .drawer")).to_be_visible()


def test_paper_shows_all_evidence_and_no_controls(page: Page, address: str) -> None:
    page.goto(f"{address}/e/{PHONE}", wait_until="networkidle")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".drawer").first).to_be_visible()
    expect(page.locator(".top")).to_be_hidden()
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.pdf(path=SCREENS / "entity.pdf", format="A4")
    shoot(page, "contested-print")


def test_protected_and_contested_are_said_in_words(page: Page, address: str) -> None:
    page.goto(f"{address}/e/{PHONE}")
    main = page.locator("main")
    for words in ("protects it: do not block", "Sources disagree", "belongs to somebody who is being impersonated", "Not flagged"):
        expect(main).to_contain_text(words)
    page.goto(f"{address}/e/phone:+85599999999")
    expect(main).to_contain_text("No record: that does not mean safe.")


def test_the_address_keeps_odd_names(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q={quote('bad.json')}")
    page.get_by_role("link", name="host:bad.json").click()
    expect(page.locator("h1")).to_contain_text("bad.json")
    assert unquote(page.url).endswith("/e/host:bad.json?as=page")


@pytest.mark.parametrize(("key", "path"), [("h", "/"), ("l", "/ledger"), ("a", "/about")])
def test_g_and_a_letter_go_to_a_page(page: Page, address: str, key: str, path: str) -> None:
    page.goto(f"{address}/e/{PHONE}")
    page.keyboard.press("g")
    page.keyboard.press(key)
    page.wait_for_url(address + path)


def test_a_letter_after_g_that_leads_nowhere_does_nothing(page: Page, address: str) -> None:
    page.goto(f"{address}/e/{PHONE}")
    page.keyboard.press("g")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == ""
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id").startswith("s-")


def test_what_is_not_on_record_is_not_called_safe_or_unflagged(page: Page, address: str) -> None:
    page.goto(address + PAGES["unknown"])
    main = page.locator("main")
    expect(main).to_contain_text("No record: that does not mean safe.")
    expect(main).not_to_contain_text("Not flagged")
    expect(main.locator(".tlp")).to_have_count(0)
    page.goto(address + PAGES["past"])
    expect(main).to_contain_text("Nothing about it stands now.")
    expect(main).to_contain_text("withdrawn by centre.a.example, 2026-06-15 12:00:00 UTC; reason: the report was withdrawn")
    expect(main).not_to_contain_text("No record: that")


def test_a_source_with_many_rows_is_named_once_and_each_row_has_its_place(page: Page, address: str) -> None:
    page.goto(address + MANY)
    expect(page.locator(".rows > li")).to_have_count(200)
    expect(page.locator(".rows .title")).to_have_count(1)
    expect(page.locator("summary").nth(199)).to_contain_text("row 7, column phone")
    page.get_by_role("link", name="Older statements").first.click()
    expect(page.locator(".pager").first).to_contain_text("Statements 201–230 of 230")
    assert barriers(page) == []
    page.emulate_media(media="print")
    expect(page.locator("summary").first).to_be_visible()
    expect(page.locator("summary .open").first).to_be_hidden()
    expect(page.locator(".pager a").first).to_be_hidden()
