"""The desk and the cases as browsers see them: every role at every act, what outsiders try, old heads, and who looked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from desked import HEAD, Desked
from test_casing import tell

from browser import Browser, app_code
from saksi.actions.verify_pack import checked
from saksi.app.api.keys import Role as Key
from saksi.app.casing import Work
from saksi.app.people.person import PERSONS
from saksi.app.people.policy import rights_of
from saksi.app.taking import Order
from saksi.app.web.assets import load_assets
from saksi.app.web.site import Site
from saksi.app.work.entering import BEARS, open_to
from saksi.app.work.routes import work_routes
from saksi.cases import MAY, Case, Stand, Word
from saksi.ledger.note import parse_vkey
from saksi.model import Tlp
from saksi.model.actor import Actor, Role

NOBODYS = "0f" * 16
# What each word needs beside the case and its head; `mate` is a member, `new` is not, `other` is a further case of the lead.
TOLD: dict[Word, dict[str, str]] = {
    Word.ADD: {"entities": "phone:+85512000111"},
    Word.NOTE: {"text": "ហៅវិញ <b>call</b>"},
    Word.TASK: {"task": "t1", "text": "ask the bank", "due": "2199-01-01T12:00"},
    Word.TASK_DONE: {"task": "t0"},
    Word.ASSIGN: {"whom": "mate"},
    Word.JOIN: {"whom": "new"},
    Word.LEAVE: {"whom": "mate"},
    Word.LEAD: {"whom": "mate"},
    Word.LINK: {"other": "other"},
    Word.MERGE: {"other": "other", "text": "the same hand"},
    Word.SEAL: {"text": "a leak"},
    Word.UNSEAL: {"text": "it is over"},
    Word.CLOSE: {"text": "done"},
    Word.REOPEN: {"text": "news"},
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desked]:
    made = Desked(tmp_path / "node")
    yield made
    made.close()


def entries(desk: Desked) -> int:
    return desk.real.ledger.size


def put(desk: Desked, have: Case, word: Word, name: str, **more: object) -> Case:
    return desk.real.work(Work(case=have.id, word=word, head=have.head, **more), desk.actor(name), Tlp.RED)  # type: ignore[arg-type]


def told(browser: Browser, have: Case, word: str, **fields: str):  # type: ignore[no-untyped-def]
    return browser.post(f"/case/{have.id}", {"word": word, "head": have.head, **fields})


# --- rights


@pytest.mark.parametrize("role", PERSONS)
def test_a_role_reaches_what_the_table_says(desk: Desked, role: Role) -> None:
    """Every address of the desk: 403 exactly where the table has no right for the role."""
    browser, rights = desk.person("Someone", role.value), rights_of(frozenset({role}))
    before = entries(desk)
    for route in work_routes(Site(load_assets()), desk.real):
        path = route.path.replace("{case}", NOBODYS) + (f"?id={quote(desk.report('1'))}" if "/today/report" in route.path else "")
        answer = browser.get(path) if route.method == "GET" else browser.post(path)
        assert (answer.status_code == 403 and "may not do this" in answer.text) is (route.may not in rights), f"{route.method} {path}"
        assert answer.status_code not in {401, 500}, f"{route.method} {path}"
    assert entries(desk) == before
    assert desk.local.get("/today").status_code == desk.far.get("/cases").status_code == 401


@pytest.mark.parametrize("role", PERSONS)
def test_each_role_enters_each_word_or_not(desk: Desked, role: Role) -> None:
    """As the lead of a case where the role may open one, else as somebody who knows its address."""
    leads = role in MAY[Word.OPEN]
    browser = desk.person("Lee", role.value)
    for name, post in (("Mate", "analyst"), ("New", "intake"), ("Help", "analyst")):
        desk.person(name, post)
    # What comes before is prepared by an analyst; where the role leads, under Lee's own name, as before Lee had this role.
    before_that = Actor(desk.people["Lee" if leads else "Help"], "unit one", frozenset({Role.ANALYST}))

    def prepared(have: Case, word: Word, **more: object) -> Case:
        return desk.real.work(Work(case=have.id, word=word, head=have.head, **more), before_that, Tlp.RED)  # type: ignore[arg-type]

    for word, needs in TOLD.items():
        have = prepared(desk.real.open_case("a case", before_that, Tlp.RED), Word.JOIN, whom=desk.people["Mate"])
        if word is Word.TASK_DONE:
            have = prepared(have, Word.TASK, task="t0", text="call")
        elif word is Word.REOPEN:
            have = prepared(have, Word.CLOSE, text="done")
        elif word is Word.UNSEAL:
            have = prepared(have, Word.SEAL, text="a leak")
        other = desk.real.open_case("another", before_that, Tlp.RED)
        named = {"mate": desk.people["Mate"], "new": desk.people["New"], "other": other.id}
        fields = {name: named.get(text, text) for name, text in needs.items()}
        before = entries(desk)
        answer = told(browser, have, word.value, **fields, **({"into_head": other.head} if word is Word.MERGE else {}))
        allowed = leads and role in MAY[word]
        assert (answer.status_code == 303) is allowed, f"{word}: {answer.text[:3000]}"
        assert (entries(desk) > before) is allowed, word
        if leads and word is not Word.UNSEAL:
            forms = open_to(have, desk.actor("Lee"))
            assert (word in forms) is allowed, f"{word}: a form for what may be entered, and for nothing else"


def test_a_case_of_others_and_one_that_is_not_there_answer_alike(desk: Desked) -> None:
    desk.person("Lee", "analyst")
    have = desk.case("Lee")
    strangers = [desk.person("Strange", "analyst"), desk.person("Rev", "reviewer"), desk.person("Low", "approver", clearance="AMBER")]

    def said(answer: object) -> tuple[int, str]:
        return answer.status_code, re.sub(r"<code>[0-9a-f]{16}</code>", "", answer.text).replace(have.id, NOBODYS)  # type: ignore[attr-defined]

    for browser in strangers:
        for path in ("/case/{}", "/case/{}.json", "/case/{}?clock=known", "/case/{}?from=100"):
            assert said(browser.get(path.format(have.id))) == said(browser.get(path.format(NOBODYS)))
            assert browser.get(path.format(have.id)).status_code == 404
        fields = {"word": "note", "head": have.head, "text": "x"}
        assert said(browser.post(f"/case/{have.id}", fields)) == said(browser.post(f"/case/{NOBODYS}", fields))
    assert browser.get("/case/../x").status_code in {400, 404}
    assert browser.get("/case/ABC").status_code == 400


def test_a_sealed_case_is_closed_to_its_members_and_opened_from_another_unit(desk: Desked) -> None:
    lee, rev, near = desk.person("Lee", "analyst"), desk.person("Rev", "reviewer", unit="unit two"), desk.person("Near", "reviewer")
    have = put(desk, desk.case("Lee"), Word.SEAL, "Lee", text="a leak")
    page = lee.get(f"/case/{have.id}")
    assert (page.status_code, "the case is sealed: a leak" in page.text, "R-1" in page.text) == (403, True, False)
    assert lee.get(f"/case/{have.id}.json").status_code == 403
    assert told(lee, have, "note", text="x").status_code == 403
    assert near.get(f"/case/{have.id}").status_code == 404
    assert have.id[:12] not in near.get("/cases").text
    listed = rev.get("/cases").text
    assert have.id[:12] in listed
    assert "a case" not in listed, "what it is about is not told"
    assert rev.get(f"/case/{have.id}").status_code == 404
    door = {"case": have.id, "word": "unseal", "head": have.head, "text": "looked into"}
    assert near.post("/cases/enter", door).status_code == 400, "to them it is not there"
    assert rev.post("/cases/enter", {**door, "word": "note"}).status_code == 400
    assert rev.post("/cases/enter", {**door, "text": ""}).status_code == 400
    assert rev.post("/cases/enter", door).headers["location"] == "/cases"
    assert lee.get(f"/case/{have.id}").status_code == 200


def test_a_case_whose_lead_is_gone_is_taken_over_in_its_unit(desk: Desked) -> None:
    desk.person("Lee", "analyst")
    have = desk.case("Lee")
    near, far = desk.person("Ada", "approver"), desk.person("Far", "approver", unit="unit two")
    assert have.id[:12] not in near.get("/cases").text, "its lead is there"
    desk.desk.people.register.disable(desk.people["Lee"], by="command-line")
    assert have.id[:12] in near.get("/cases").text
    assert have.id[:12] not in far.get("/cases").text
    door = {"case": have.id, "word": "lead", "head": have.head, "text": "Lee has left"}
    assert far.post("/cases/enter", door).status_code == 400
    assert near.post("/cases/enter", door).headers["location"] == f"/case/{have.id}"
    assert near.get(f"/case/{have.id}").status_code == 200


# --- acts


def test_what_changes_who_sees_a_case_needs_a_second_factor_shown_just_now(desk: Desked) -> None:
    lee = desk.person("Lee", "analyst")
    desk.person("New", "analyst")
    have = desk.case("Lee")
    desk.now = (datetime.strptime(desk.now, "%Y-%m-%dT%H:%M:%SZ") + timedelta(minutes=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = entries(desk)
    assert "show a second factor first" in lee.get(f"/case/{have.id}").text
    for word in BEARS:
        answer = told(lee, have, word.value, text="what was <i>typed</i>", whom=desk.people["New"])
        assert answer.status_code == 403
        assert 'href="/sign-in/second" target="_blank"' in answer.text
        assert "what was <i>typed</i>" not in answer.text
        assert "what was &lt;i&gt;typed&lt;/i&gt;" in answer.text, "it stays"
    two = desk.report("2")
    shares = two.replace("R-2", "R-1")
    chosen = lee.post("/today/escalate", [("report", two), ("also", shares), ("whom", desk.people["New"])])
    assert (chosen.status_code, 'href="/sign-in/second" target="_blank"' in chosen.text) == (403, True)
    assert f'name="also" value="{shares}" checked' in chosen.text
    assert chosen.text.count(" checked") == 1
    assert f'<option value="{desk.people["New"]}" selected>' in chosen.text
    assert entries(desk) == before
    assert told(lee, have, "note", text="x").status_code == 303, "a note bears upon nobody"


def test_why_a_case_is_entered_stays_typed_while_the_second_factor_is_shown_again(desk: Desked) -> None:
    desk.person("Lee", "analyst")
    have = put(desk, desk.case("Lee"), Word.SEAL, "Lee", text="a leak")
    rev = desk.person("Rev", "reviewer", unit="unit two")
    desk.now = (datetime.strptime(desk.now, "%Y-%m-%dT%H:%M:%SZ") + timedelta(minutes=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = entries(desk)
    door = {"case": have.id, "word": "unseal", "head": have.head, "text": "looked <i>into</i>"}
    refused = rev.post("/cases/enter", door)
    assert (refused.status_code, 'href="/sign-in/second" target="_blank"' in refused.text) == (403, True)
    assert "<details data-drawer open>" in refused.text
    assert 'rows="3">looked &lt;i&gt;into&lt;/i&gt;</textarea>' in refused.text
    assert entries(desk) == before
    rev.sign_in("Rev", app_code(desk, desk.people["Rev"]))
    assert rev.post("/cases/enter", door).headers["location"] == "/cases"


def test_an_entry_on_an_old_head_is_refused_and_shows_what_changed(desk: Desked) -> None:
    lee = desk.person("Lee", "analyst")
    have = desk.case("Lee")
    put(desk, have, Word.NOTE, "Lee", text="the bank called back")
    before = entries(desk)
    answer = told(lee, have, "note", text="what I <i>typed</i>")
    assert answer.status_code == 409
    assert "somebody has worked on this case since you looked" in answer.text
    refusal = answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert "the bank called back" in refusal
    assert "what I &lt;i&gt;typed&lt;/i&gt;" in refusal
    assert entries(desk) == before
    assert told(lee, have, "note", text="x", head="0f" * 32).status_code == 409, "a head of nothing"


def test_a_form_is_read_strictly(desk: Desked) -> None:
    lee = desk.person("Lee", "analyst")
    have = desk.case("Lee")
    before = entries(desk)
    for fields in (
        {"word": "shred"},
        {"word": "open", "text": "again"},
        {"word": "absorb", "other": have.id},
        {"word": "note", "text": " "},
        {"word": "note", "text": "x" * 8001},
        {"word": "task", "task": "t1", "text": "x", "due": "tomorrow"},
        {"word": "task", "task": "t1", "text": "x", "due": "2001-01-01T00:00"},
        {"word": "join", "whom": "'; DROP TABLE person"},
        {"word": "merge", "other": have.id, "text": "x", "into_head": have.head},
        {"word": "link", "other": NOBODYS},
        {"word": "add", "refs": f"centre.a.example/saksi/1#{'0f' * 32}"},
        {"word": "add", "documents": "../../etc/passwd"},
        {"word": "note", "text": "x", "whom": "y"},
    ):
        answer = told(lee, have, **fields)  # type: ignore[arg-type]
        assert answer.status_code in {400, 409}, fields
        assert 'role="alert"' in answer.text
    assert told(lee, have, "note", text="x", colour="red").status_code == 400
    assert lee.post(f"/case/{have.id}", {"word": "note", "head": have.head, "text": "x"}, Origin="http://evil.example").status_code == 403
    assert entries(desk) == before
    told(lee, have, "note", text="<script>alert(1)</script> លុយ")
    page = lee.get(f"/case/{have.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; លុយ" in page


def test_a_report_becomes_a_case_in_two_clicks(desk: Desked) -> None:
    ann = desk.person("Ann", "analyst")
    desk.person("Ben", "intake")
    one, three = desk.report("1"), desk.report("3")
    before = entries(desk)
    first = ann.get(f"/today/report?id={quote(one)}").text
    for words in (
        "account:KH:ABA:000123456",
        "phone:+85512345678",
        "both name the account",
        f'name="also" value="{three}"',
        "Ben, unit one",
    ):
        assert words in first
    assert entries(desk) == before, "the first click changes nothing"
    where = ann.post("/today/escalate", [("report", one), ("also", three), ("whom", desk.people["Ben"])]).headers["location"]
    case = ann.get(f"{where}.json").json()["case"]
    assert {each["name"] for each in case["reports"]} == {one, three}
    assert set(case["members"]) == {desk.people["Ann"], desk.people["Ben"]}
    assert case["assigned"] == [desk.people["Ben"]]
    assert one not in [each["id"] for each in ann.get("/today.json").json()["queue"]]
    assert [each["id"] for each in ann.get("/today.json?state=assigned").json()["queue"]] == [one, three]
    assert ann.get("/today.json").json()["tasks"][0]["name"] == "look at it"
    added = ann.post("/today/add", {"report": desk.report("2"), "case": case["id"]})
    assert added.headers["location"] == where
    assert len(ann.get(f"{where}.json").json()["case"]["reports"]) == 3
    again = ann.post("/today/add", {"report": one, "case": case["id"]})
    assert again.status_code == 400
    assert ann.post("/today/add", {"report": one, "case": NOBODYS}).status_code == 400
    ben = desk.again("Ben")
    assert ben.post("/today/escalate", {"report": desk.report("4"), "whom": desk.people["Ann"]}).status_code == 403
    assert ann.get("/today/report?id=report:none/1").status_code == 404
    assert ann.post("/today/escalate", {"report": "report:none/1"}).status_code == 404


def test_a_merge_is_shown_first_and_then_done(desk: Desked) -> None:
    lee = desk.person("Lee", "analyst")
    have = desk.case("Lee")
    other = desk.real.open_case("the other one", desk.actor("Lee"), Tlp.RED)
    before = entries(desk)
    shown = lee.get(f"/case/{have.id}?merge={other.id}").text
    assert "the other one" in shown
    assert f'name="into_head" value="{other.head}"' in shown
    assert entries(desk) == before
    assert lee.get(f"/case/{have.id}?merge={NOBODYS}").status_code == 404
    old = {"other": other.id, "text": "one hand", "into_head": have.head}
    assert told(lee, have, "merge", **old).status_code == 409
    assert told(lee, have, "merge", **{**old, "into_head": other.head}).headers["location"] == f"/case/{other.id}"
    assert desk.real.board.case(have.id).stand is Stand.MERGED  # type: ignore[union-attr]


def test_what_speaks_for_somebody_comes_first_and_in_the_open(desk: Desked) -> None:
    lee = desk.person("Lee", "analyst")
    have = desk.case("Lee")
    page = lee.get(f"/case/{have.id}").text
    favour, rest = page.index('id="favour"'), page.index('class="desk"')
    assert favour < rest
    section = page[favour:rest]
    assert "victim-own" in section
    (draft,) = re.findall(r'href="(/request/new[^"]*)"', page)
    assert "entity=account%3AKH%3AABA%3A000123456" in draft
    assert "92345678" not in draft, "nothing is asked about what belongs to a victim"
    assert "<details" not in section
    for clock in ("happened", "reported", "known"):
        table = lee.get(f"/case/{have.id}?clock={clock}").text
        assert f'?clock={clock}#chronology" aria-current="true"' in table
    tell(desk.real, have.reports[0].name, "stillPaying", False)
    assert re.search(r"Still paying: <bdi[^>]*>no</bdi>", lee.get(f"/case/{have.id}").text)
    assert lee.get(f"/case/{have.id}?clock=moon").status_code == 400


def test_pages_go_on_and_hold_nothing_that_a_reader_may_not_see(desk: Desked) -> None:
    ann, low = desk.person("Ann", "intake"), desk.person("Low", "intake", clearance="CLEAR")
    path = desk.home.parent / "more.csv"
    rows = "".join(f"M-{n:02d},2026-03-01,KH,0129{n:05d},,,,,,,,words,true\n" for n in range(30))
    path.write_text(HEAD + rows, encoding="utf-8")
    desk.real.take_file(Order(path, path.name))
    first = ann.get("/today.json")
    data = first.json()
    assert (len(data["queue"]), "next" in first.headers["link"]) == (25, True)
    rest = ann.get(f"/today.json?cursor={data['next']}").json()
    assert (len(rest["queue"]), rest["next"]) == (9, None)
    assert len({each["id"] for each in (*data["queue"], *rest["queue"])}) == 34
    assert ann.get(f"/today?cursor={data['next']}").status_code == 200
    assert low.get("/today.json").json()["queue"] == []
    assert low.get(f"/today/report?id={quote(desk.report('1'))}").status_code == 404
    amber = desk.person("Amber", "analyst", clearance="AMBER")
    refused = amber.post("/today/escalate", {"report": desk.report("1")})
    assert (refused.status_code, "you may see up to TLP:AMBER" in refused.text) == (403, True)
    for n in range(3):
        desk.real.open_case(f"case {n}", desk.actor("Ann"), Tlp.RED)
    page = ann.get("/cases.json?limit=2").json()
    rest = ann.get(f"/cases.json?limit=2&cursor={page['next']}").json()
    assert {each["title"] for each in (*page["cases"], *rest["cases"])} == {"case 0", "case 1", "case 2"}


def test_who_looked_is_written_down_with_a_purpose(desk: Desked) -> None:
    lee = desk.person("Lee", "analyst")
    have = desk.case("Lee")
    lee.get("/today")
    lee.get(f"/today/report?id={quote(desk.report('2'))}&purpose=helping+a+victim")
    lee.get(f"/case/{have.id}")
    seen = [(each.kind, each.who, each.purpose) for each in desk.desk.access.read()]
    me = desk.people["Lee"]
    assert ("queue", me, "working on what waits") in seen
    assert ("report", me, "helping a victim") in seen
    assert ("case", me, "preventing fraud") in seen
    assert list(desk.desk.access.read(value=f"case:{have.id}"))


def test_data_names_people_by_pseudonym_alone(desk: Desked) -> None:
    lee = desk.person("Leelawadee", "analyst")
    have = desk.case("Leelawadee")
    for path in ("/today", "/cases", f"/case/{have.id}", f"/today/report?id={quote(desk.report('2'))}"):
        page, _, query = path.partition("?")
        data = lee.get(f"{page}.json" + (f"?{query}" if query else ""))
        assert (data.status_code, data.headers["content-type"], data.headers["cache-control"]) == (200, "application/json", "no-store")
        assert "Leelawadee" not in data.text
    assert "Leelawadee" in lee.get(f"/case/{have.id}").text


def test_who_runs_the_node_sees_how_it_is_and_no_data(desk: Desked) -> None:
    boss, _ = desk.person("Boss", "administrator"), desk.with_key(Key.READER)
    page = boss.get("/admin").text
    assert "/admin/people" in page
    assert re.search(r"Keys of programs that work</dt><dd>1</dd>", page)
    assert re.search(r"\d leaves, \d+ statements, signed", page)
    for words in ("R-1", "phone:+855", "000123456"):
        assert words not in page + boss.get("/admin.json").text
    data = boss.get("/admin.json").json()
    assert (data["people"], data["sessions"], data["keys"], data["takes"]) == (2, 1, 1, 0)


def test_those_who_read_no_reports_still_see_what_waits_for_them(desk: Desked) -> None:
    rev = desk.person("Rev", "reviewer")
    assert rev.get("/today.json").json()["queue"] is None
    assert "Reports are read by those who work on them" in rev.get("/today").text
    assert rev.get(f"/today/report?id={quote(desk.report('1'))}").status_code == 403


def test_a_member_packs_the_case_from_its_page_and_nobody_else_does(desk: Desked) -> None:
    lee, strange = desk.person("Lee", "analyst"), desk.person("Strange", "analyst")
    have = desk.case("Lee")
    assert f'action="/case/{have.id}/pack"' in lee.get(f"/case/{have.id}").text
    before = entries(desk)
    assert strange.post(f"/case/{have.id}/pack").status_code == 404
    assert desk.far.post(f"/case/{have.id}/pack", headers={"Origin": "http://localhost"}).status_code in {401, 403, 415}
    assert entries(desk) == before
    made = lee.post(f"/case/{have.id}/pack", {"paper": "yes"})
    assert (made.status_code, made.headers["content-type"]) == (200, "application/zip")
    assert made.headers["content-disposition"] == f'attachment; filename="case-{have.id[:12]}.pack.zip"'
    report = checked(BytesIO(made.content), [parse_vkey(desk.real.vkey)])
    assert report.code == 0, report.lines()
    with ZipFile(BytesIO(made.content)) as pack:
        assert pack.read("paper.pdf").startswith(b"%PDF")
    assert entries(desk) == before + 1  # the leaf that logs the pack
    assert ("pack", desk.people["Lee"]) in [(each.kind, each.who) for each in desk.desk.access.read(value=f"case:{have.id}")]
