"""Parts of the pages: assets with and without a build, words, scripts, layout, listening, documents that match the code."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from stand import AUTHORITY, PHONE, Stand, invented, said, source

from saksi.app.api.caller import is_at_this_machine
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.metrics import Metrics
from saksi.app.api.problems import KINDS
from saksi.app.api.rates import Rates
from saksi.app.people.person import PERSONS
from saksi.app.people.policy import rights_of
from saksi.app.web.assets import load_assets
from saksi.app.web.layout import entity_path, lay_out, text_of
from saksi.app.web.scripts import lang_of
from saksi.app.web.serve import Listen, check_listen
from saksi.app.web.signposts import SIGNPOSTS, signposts_of
from saksi.app.web.words import load_words, wanted
from saksi.model import BadInput, LedgerFault, NotAllowed, Reader, Tlp
from saksi.model.actor import Role

ROOT = Path(__file__).resolve().parents[3]
READER = Reader(AUTHORITY, home=True, clearance=Tlp.RED, known=True)


def test_the_problems_in_the_manual_are_those_of_the_code() -> None:
    table = re.findall(
        r"^\| `([a-z-]+)` \| (\d+) \| (.*) \|$", (ROOT / "docs/reference/problems.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert table == [(slug, str(kind.status), f"{kind.title}. {kind.about} {kind.todo}") for slug, kind in KINDS.items()]


def test_pages_work_without_a_build(tmp_path: Path) -> None:
    assets = load_assets(tmp_path)
    assert not assets.built
    assert assets.styles == ("tokens.css", "page.css")
    assert set(assets.styles) < set(assets.files)


def test_a_build_is_served_by_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/main-1.js", "a/main-1.css", "a/font-1.woff2", "licences/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "manifest.json").write_text('{"web/main.ts": {"file": "a/main-1.js", "css": ["a/main-1.css"], "isEntry": true}}')
    assets = load_assets(tmp_path)
    assert (assets.built, assets.styles, assets.script) == (True, ("a/main-1.css",), "a/main-1.js")
    assert assets.files["a/font-1.woff2"].media == "font/woff2"
    assert assets.files["a/main-1.js"].fixed
    assert not assets.files["icon.svg"].fixed
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(LedgerFault):
        load_assets(tmp_path)


def test_every_word_a_template_asks_for_is_there() -> None:
    words = load_words()["en"]
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "src/saksi/app/web/templates").glob("*.html")]
    asked = {name for text in texts for _, name in re.findall(r"""\bt\((["'])([a-zA-Z_+-]+)\1[,)]""", text)}
    asked |= {f"status_{status}" for status in ("known", "unknown", "contested", "safe-listed")}
    asked |= {"stands", "retracted", "expired", "lapsed", "future", "rejected", "exact", "parent", "host", "www", "accuses", "protects"}
    assert len(asked) > 60
    for name in asked:
        assert words(
            name,
            **dict.fromkeys(
                ("n", "text", "leaf", "index", "first", "last", "total", "collapsed", "unopened", "views", "size", "by", "at", "now"), 1
            ),
        )


def test_a_language_is_offered_only_when_whole() -> None:
    words = load_words()
    offered = {lang for lang, each in words.items() if not each.missing(words["en"])}
    assert "en" in offered
    assert wanted("km-KH,km;q=0.9,en;q=0.5", {"en"}) == "en"
    assert wanted("km-KH,km;q=0.9,en;q=0.5", {"en", "km"}) == "km"
    assert wanted("", {"en"}) == "en"
    for lang in ("km", "th"):
        assert set(words["en"].missing(words[lang])) == set(), f"{lang} has words that English lacks"


SCRIPTS = {"០១២": "km", "๐๑๒": "th", "၀၁၂": "my", "ຝ່າຍ": "lo", "客服": "zh", "カスタマー": "ja", "고객": "ko", "plain": "", "Ủy ban": ""}


@pytest.mark.parametrize(("text", "lang"), SCRIPTS.items())
def test_the_script_names_the_language(text: str, lang: str) -> None:
    assert lang_of(text) == lang
    assert lang_of(text, "vi") == "vi"


def test_values_stand_side_by_side_and_nothing_is_decided(tmp_path: Path) -> None:
    node = Stand(tmp_path / "ledger", invented()[:5])
    answer = node.entity(PHONE, reader=READER, at=None)
    groups = lay_out(answer, answer.statements)
    role = next(group for group in groups if group.prop == "role")
    assert groups[0] is role
    assert role.contested
    assert {(side.text, side.denied) for side in role.sides} == {
        ("suspected-mule", False),
        ("suspected-mule", True),
        ("impersonated", False),
    }
    assert sum(len(side.rows) for group in groups for side in group.sides) == len(answer.statements)
    assert {row.place for side in role.sides for row in side.rows} == {"row 7, column phone", "page 3, characters 10-42", "at /reports/4"}
    node.close()


def test_turning_the_parties_round_turns_the_page_round(tmp_path: Path) -> None:
    one, two = source(1, "Party A"), source(2, "Party B")
    shapes = []
    for number, (first, second) in enumerate(((one, two), (two, one))):
        node = Stand(
            tmp_path / str(number),
            [said(PHONE, "role", "recipient", by=first), said(PHONE, "role", "recipient", by=second, polarity="deny")],
        )
        answer = node.entity(PHONE, reader=READER, at=None)
        laid = lay_out(answer, answer.statements)
        shapes.append({(side.text, side.denied, len(side.rows), group.contested) for group in laid for side in group.sides})
        node.close()
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        ("phone:+855", "/e/phone:+855"),
        ("url:https://a.example/x?y=z#w", "/e/url:https:%2F%2Fa.example%2Fx%3Fy%3Dz%23w"),
        ("url:https://a.example/x.json", "/e/url:https:%2F%2Fa.example%2Fx.json?as=page"),
        ('handle:a"<b', "/e/handle:a%22%3Cb"),
    ],
)
def test_an_entity_has_one_address(entity: str, path: str) -> None:
    assert entity_path(entity) == path


def test_a_record_is_shown_whole_and_a_truth_value_in_words() -> None:
    assert [text_of(True), text_of(False), text_of("False")] == ["yes", "no", "False"]
    assert text_of({"b": True, "a": "ក"}) == '{\n "a": "ក",\n "b": true\n}'


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "node.example"])
def test_the_world_is_not_served_in_the_clear(host: str, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        check_listen(Listen(host))
    check_listen(Listen(host, open=True))
    check_listen(Listen(host, certificate=tmp_path, key=tmp_path))
    with pytest.raises(NotAllowed):
        check_listen(Listen(host, certificate=tmp_path))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3"])
def test_this_machine_is_served(host: str) -> None:
    check_listen(Listen(host))


def test_who_is_at_this_machine() -> None:
    assert is_at_this_machine("127.0.0.1", "localhost", {})
    assert not is_at_this_machine("192.0.2.1", "localhost", {})
    assert not is_at_this_machine("127.0.0.1", "node.example", {})
    assert not is_at_this_machine("127.0.0.1", "localhost", {b"x-forwarded-for": b"192.0.2.1"})


def test_an_allowance_fills_again_and_the_oldest_is_forgotten() -> None:
    rates = Rates(each_second=2, burst=2, callers=2)
    assert [rates.take("a", 0).ok for _ in range(3)] == [True, True, False]
    assert rates.take("a", 0).wait == pytest.approx(0.5)
    assert rates.take("a", 0.5).ok
    assert not rates.take("a", 0.5).ok
    rates.take("b", 1)
    rates.take("c", 1)
    assert rates.take("a", 1).left == 1  # forgotten, so full again


def test_a_histogram_adds_up() -> None:
    metrics = Metrics()
    for seconds in (0.0004, 0.002, 9.0):
        metrics.count("GET", "/x", status=200, seconds=seconds)
    from saksi.app.api.ports import LedgerState

    text = metrics.text(
        LedgerState(origin="o", size=1, root="", checkpoint="", vkey="", statements=1, erased=0, witnesses=0, views=1, synthetic=False)
    )
    counts = [int(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("saksi_request_seconds_bucket")]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == 3


@pytest.mark.parametrize("text", ["", "x", "é", "WyJh", "eyJhIjoxfQ", "bnVsbA"])
def test_only_own_cursors_are_read(text: str) -> None:
    with pytest.raises(BadInput):
        read_cursor(text)
    cursor = Cursor('a"/é', 7)
    assert read_cursor(write_cursor(cursor)) == cursor
    assert msgspec.json.encode(cursor)


def test_the_signposts_at_the_top_are_those_open_to_the_reader() -> None:
    words, keys = load_words()["en"], [post.key for post in SIGNPOSTS]
    assert len({*keys, "h"}) == len(keys) + 1, "g and a letter lead to one place"
    assert all(words(post.words) for post in SIGNPOSTS)
    led = {role: [post.path for post in signposts_of(rights_of(frozenset({role})))] for role in PERSONS}
    assert led[Role.ANALYST] == ["/today", "/cases", "/requests", "/answers", "/alerts", "/record", "/ledger", "/about"]
    assert led[Role.AUDITOR] == ["/requests", "/answers", "/alerts", "/record", "/ledger", "/about"]
    assert led[Role.ADMINISTRATOR] == ["/admin", "/ledger", "/about"]
    assert [post.path for post in signposts_of(())] == ["/ledger", "/about"]
