"""Signing in, one's own account and the people, as browsers see them: rights of every role at every address, and what outsiders try."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import perf_counter

import pytest
from calls import Served
from crew import PASSWORD, code_of
from device import Device
from stand import PHONE

from browser import Browser, app_code, cheap, people_of, settled, signed_in
from saksi.app.api.application import API_ROUTES
from saksi.app.people.person import PERSONS, read_post
from saksi.app.people.policy import rights_of
from saksi.app.people.routes import people_routes
from saksi.app.web.assets import load_assets
from saksi.app.web.pages import Pages
from saksi.app.web.site import Site
from saksi.model.actor import Role

SITE = Site(load_assets())
PEOPLE = people_routes(SITE)
ROUTES = [*API_ROUTES, *Pages(SITE).routes(), *PEOPLE]


@pytest.fixture
def node(served: Served) -> Served:
    return cheap(served)


def later(node: Served, minutes: int) -> None:
    node.now = f"2026-06-15T{12 + minutes // 60:02d}:{minutes % 60:02d}:00Z"


def filled(path: str) -> str:
    samples = {"entity": PHONE, "digest": "0f" * 32, "slug": "fault", "path": "x", "name": "hosts.txt", "id": "0123abcd"}
    return re.sub(r"{([a-z]+)(:path)?}", lambda hole: samples[hole[1]], path)


# --- the whole way


def test_from_a_set_up_code_to_signing_in_again(node: Served) -> None:
    person, code = people_of(node).register.add("Ann", read_post("u", ["analyst"], "AMBER"), by="command-line")
    browser = Browser(node)
    told = {"name": "ann", "code": code, "password": PASSWORD, "again": PASSWORD}
    assert "differ" in browser.post("/sign-in/first", {**told, "again": "x"}).text
    assert browser.post("/sign-in/first", told).headers["location"] == "/me/codes"
    assert browser.get("/me", Accept="*/*").status_code == browser.get("/", Accept="*/*").status_code == 401, "not yet in"
    assert 'href="/me/codes"' in browser.get("/sign-in").text
    page = browser.get("/me/codes").text
    assert "<svg" in page
    secret = people_of(node).door.codes.beginning(person.id)
    assert secret is not None
    assert browser.post("/me/codes", {"code": "000000"}).status_code == 400
    before = dict(browser.cookies)
    assert browser.post("/me/codes", {"code": code_of(secret, people_of(node).store.clock())}).headers["location"] == "/me"
    assert browser.cookies["saksi-session"] != before["saksi-session"]
    assert "Ann" in browser.get("/me").text
    assert browser.get(f"/e/{PHONE}?purpose=a+test").status_code == 200
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert "saksi-session" not in browser.cookies
    later(node, 5)
    assert browser.sign_in("ANN", app_code(node, person.id), next="/me").headers["location"] == "/me"


def test_cookies_are_for_this_host_and_no_script(node: Served, serve: Callable[..., Served]) -> None:
    (session, known) = signed_in(node, "Ann", "analyst").said
    for line in (session, known):
        assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in line.split(";")}
        assert "domain" not in line.lower()
    tls = cheap(serve(tls=True))
    id_, browser = settled(tls, "Ann", "analyst"), Browser(tls, scheme="https")
    assert browser.sign_in("Ann", app_code(tls, id_)).status_code == 303
    assert all(line.startswith("__Host-saksi-") and "; Secure" in line for line in browser.said)
    assert browser.get("/me").status_code == 200


def test_every_page_has_its_data(node: Served) -> None:
    boss, auditor = signed_in(node, "Boss", "administrator"), signed_in(node, "Audra", "auditor")
    gets = {route.path for route in PEOPLE if route.method == "GET"}
    pages = {path for path in gets if not path.endswith(".json") and path not in {"/sign-in/provider", "/sign-in/back"}}
    assert {f"{path}.json" for path in pages} <= gets
    for path in sorted(pages):
        who = auditor if path.endswith("/log") else boss
        assert who.get(path).status_code == 200, path
        data = who.get(f"{path}.json")
        assert (data.status_code, data.headers["content-type"]) == (200, "application/json"), path
    assert {each["name"] for each in boss.get("/admin/people.json").json()["people"]} == {"Boss", "Audra"}
    assert boss.get("/me.json").json()["roles"] == ["administrator"]


# --- rights


@pytest.mark.parametrize("role", PERSONS)
def test_a_role_reaches_what_the_table_says_and_nothing_else(node: Served, role: Role) -> None:
    """Every address, with every role: 403 exactly where the table has no right for it."""
    browser = signed_in(node, "Someone", role.value)
    rights = rights_of(frozenset({role}))
    for route in ROUTES:
        if route.method == "POST" and route.path in {"/sign-out", "/me/sessions/end"}:
            continue
        if route.method == "GET":
            answer = browser.get(filled(route.path), Accept="application/json")
        else:
            told = {"Origin": browser.origin, "Accept": "application/json", **browser._cookie()}
            answer = browser.client.request(route.method, filled(route.path), content=b"", headers=told)
        words = answer.json().get("detail", "") if answer.headers.get("content-type") == "application/problem+json" else ""
        refused = answer.status_code == 403 and "role" in words
        if route.may is not None:
            assert refused is (route.may not in rights), f"{route.method} {route.path}: {answer.status_code} {words}"
            assert answer.status_code != 401


def test_nobody_reaches_an_account_or_the_people_without_signing_in(node: Served) -> None:
    for client in (node.local, node.far):
        for route in PEOPLE:
            if route.path.startswith(("/me", "/admin")):
                told = {"Content-Type": "application/x-www-form-urlencoded"}
                answer = client.request(route.method, route.path, headers=told if route.method == "POST" else {})
                assert answer.status_code in {401, 415}, route.path


def test_a_session_without_its_second_factor_has_no_right(node: Served) -> None:
    _, code = people_of(node).register.add("Ann", read_post("u", [role.value for role in PERSONS[:4]], "RED"), by="command-line")
    browser = Browser(node)
    browser.post("/sign-in/first", {"name": "Ann", "code": code, "password": PASSWORD, "again": PASSWORD})
    for route in ROUTES:
        if route.method == "GET" and route.may is not None:
            assert browser.get(filled(route.path), Accept="*/*").status_code == 401, route.path


def test_who_has_no_second_factor_yet_is_led_to_setting_it_up_from_everywhere(node: Served) -> None:
    _, code = people_of(node).register.add("Ann", read_post("u", ["analyst"], "AMBER"), by="command-line")
    browser = Browser(node)
    for chosen in (PASSWORD, "another one, as good as that"):  # whoever left before that begins again
        told = {"name": "Ann", "code": code, "password": chosen, "again": chosen}
        assert browser.post("/sign-in/first", told).headers["location"] == "/me/codes"
    for path in ("/", f"/e/{PHONE}", "/me", "/sign-in/second", "/admin/people"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/me/codes"), path
    refused = browser.post("/me/sessions/end", {"id": "others"})
    assert refused.status_code == 401
    assert 'href="/me/codes"' in refused.text
    assert "programs send" not in refused.text, "what a person does not need"
    assert browser.get("/me/codes").status_code == browser.get("/about").status_code == 200


def test_who_signed_in_looks_under_their_pseudonym_and_with_a_purpose(node: Served) -> None:
    browser = signed_in(node, "Ann", "analyst")
    assert browser.get("/api/v1/lookup?value=012345678", Accept="*/*").json()["type"] == "/problems/purpose-needed"
    assert browser.get("/api/v1/lookup?value=012345678&purpose=a+case").status_code == 200
    seen = list(node.desk.access.read())[-1]
    (person,) = people_of(node).register.people()
    assert (seen.who, seen.role, seen.purpose) == (person.id, "analyst", "a case")


def test_a_page_is_the_same_for_all_with_the_same_rights(node: Served) -> None:
    one, two = signed_in(node, "Ann", "analyst"), signed_in(node, "Ben", "analyst")
    path = f"/e/{PHONE}?purpose=a+test"
    assert one.get(path).headers["etag"] == two.get(path).headers["etag"]


# --- what outsiders try


def test_a_session_that_was_planted_is_not_taken_over(node: Served) -> None:
    id_, browser = settled(node, "Ann", "analyst"), Browser(node)
    browser.cookies["saksi-session"] = "planted-by-somebody"
    browser.sign_in("Ann", app_code(node, id_))
    first = browser.cookies["saksi-session"]
    assert first != "planted-by-somebody"
    later(node, 2)
    browser.sign_in("Ann", app_code(node, id_))
    stolen = Browser(node)
    stolen.cookies["saksi-session"] = first
    assert stolen.get("/me").status_code == 401, "signing in again ends the session before"
    twice = Browser(node)
    twice.cookies = {"saksi-session": browser.cookies["saksi-session"] + "; saksi-session=other"}
    assert twice.get("/me").status_code == 401, "of two cookies of one name neither counts"


def test_a_stolen_cookie_opens_nothing_after_a_change_of_role(node: Served) -> None:
    browser = signed_in(node, "Ann", "analyst")
    stolen = Browser(node, "198.51.100.1")
    stolen.cookies = dict(browser.cookies)
    assert stolen.get("/me").status_code == 200
    settled(node, "Boss", "administrator")
    id_ = people_of(node).register.named("Ann").id
    people_of(node).register.move(id_, read_post("u", ["intake"], "GREEN"), by="command-line")
    assert stolen.get("/me").status_code == browser.get("/me").status_code == 401
    assert stolen.get("/api/v1/lookup?value=012345678&purpose=x").status_code == 401


@pytest.mark.parametrize("headers", [{"Origin": "https://b.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}], ids=str)
def test_another_site_makes_a_browser_do_nothing(node: Served, headers: dict[str, str]) -> None:
    browser = signed_in(node, "Boss", "administrator")
    for route in PEOPLE:
        if route.method == "POST":
            answer = browser.post(route.path, {"id": "others"}, **headers, Accept="application/json")
            assert answer.json()["type"] == "/problems/cross-site", route.path
    assert browser.get("/me").status_code == 200


def test_an_unknown_name_and_a_wrong_password_answer_alike(served: Served) -> None:
    served.desk.people.door.throttle._strangers.burst = 1000
    served.desk.people.door.throttle._address.burst = 1000
    served.desk.people.door.throttle._strangers._buckets.clear()
    settled(served, "Ann", "analyst")
    with people_of(served).store.rows() as rows:
        rows.execute("UPDATE person SET password = ?", (people_of(served).door.passwords.make(PASSWORD),))
    browser, times, texts = Browser(served), {"Ann": [], "Nobody": []}, set()
    for _ in range(4):
        for name, spent in times.items():
            began = perf_counter()
            answer = browser.sign_in(name, "000000", "wrong words by the river")
            spent.append(perf_counter() - began)
            texts.add((answer.status_code, answer.text))
    assert len(texts) == 1
    assert next(iter(texts))[0] == 403
    known, unknown = min(times["Ann"]), min(times["Nobody"])
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize("place", ["//b.example", "https://b.example", "/\\b.example", "javascript:x", "", "/a\nb", "x" * 3000])
def test_signing_in_leads_to_no_other_site(node: Served, place: str) -> None:
    id_ = settled(node, "Ann", "analyst")
    assert Browser(node).sign_in("Ann", app_code(node, id_), next=place).headers["location"] == "/"


def test_too_many_tries_are_told_so(node: Served) -> None:
    settled(node, "Ann", "analyst")
    answers = [Browser(node).sign_in("Ann", "000000", "wrong words by the river").status_code for _ in range(12)]
    assert answers[:10] == [403] * 10
    assert answers[10:] == [429, 429]


@pytest.mark.parametrize("content", [b"name=a&name=b", b"other=1", b"name", b"\xff=1", b"&".join(b"name=1" for _ in range(60))])
def test_a_form_is_read_strictly(node: Served, content: bytes) -> None:
    told = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    assert node.far.post("/sign-in", content=content, headers=told).status_code == 400
    assert node.far.post("/sign-in", json={"name": "Ann"}).status_code == 415


def test_a_cookie_of_nonsense_is_nobody(node: Served) -> None:
    for text in ("x", "\xe9\xe9", "a=b=c", '"', "x" * 4000):
        assert node.far.get("/me", headers=[("Cookie", f"saksi-session={text}".encode("latin-1"))]).status_code == 401  # type: ignore[arg-type]


# --- one's own account


def test_sessions_are_listed_and_ended(node: Served) -> None:
    one = signed_in(node, "Ann", "analyst")
    id_ = people_of(node).register.named("Ann").id
    two = Browser(node)
    two.sign_in("Ann", app_code(node, id_))
    listed = one.get("/me.json").json()["sessions"]
    assert len(listed) == 2
    assert one.post("/me/sessions/end", {"id": "ffffffff"}).status_code == 400
    assert one.post("/me/sessions/end", {"id": "others"}).status_code == 303
    assert two.get("/me").status_code == 401
    assert len(one.get("/me.json").json()["sessions"]) == 1


def test_a_second_factor_is_asked_again_after_five_minutes(node: Served) -> None:
    browser = signed_in(node, "Ann", "analyst")
    id_ = people_of(node).register.named("Ann").id
    later(node, 6)
    assert browser.get("/sign-in/second.json").json() == {"fresh": False}
    assert browser.post("/me/codes/new").headers["location"] == "/sign-in/second?next=%2Fme"
    assert browser.post("/sign-in/second", {"code": "000000"}).status_code == 403
    before = browser.cookies["saksi-session"]
    assert browser.post("/sign-in/second", {"code": app_code(node, id_), "next": "/me"}).headers["location"] == "/me"
    assert browser.cookies["saksi-session"] != before
    assert browser.get("/sign-in/second.json").json() == {"fresh": True}
    assert browser.post("/me/codes/new").headers["location"] == "/me/codes"


def test_the_password_is_changed_in_the_open(node: Served) -> None:
    browser = signed_in(node, "Ann", "analyst")
    other = "some other words by the sea"
    for fields, said in (
        ({"old": "x", "password": other, "again": other}, "not your password"),
        ({"old": PASSWORD, "password": other, "again": "y"}, "differ"),
        ({"old": PASSWORD, "password": "short", "again": "short"}, "12 to 200"),
    ):
        answer = browser.post("/me/password", fields)
        assert answer.status_code == 400
        assert said in answer.text
    assert browser.post("/me/password", {"old": PASSWORD, "password": other, "again": other}).status_code == 303
    later(node, 2)
    id_ = people_of(node).register.named("Ann").id
    assert Browser(node).sign_in("Ann", app_code(node, id_), other).status_code == 303


def test_a_passkey_over_the_wire(node: Served) -> None:
    browser, device = signed_in(node, "Ann", "analyst"), Device()

    def send(path: str, body: str) -> tuple[int, str]:
        told = {"Content-Type": "application/json", "Origin": browser.origin, **browser._cookie()}
        answer = browser._kept(browser.client.post(path, content=body, headers=told))
        return answer.status_code, answer.text

    made = device.make(send("/me/passkeys/ask", "{}")[1])
    assert send("/me/passkeys", f'{{"answer": {made}, "label": "blue key"}}')[0] == 200
    assert browser.get("/me.json").json()["passkeys"][0]["label"] == "blue key"
    later(node, 6)
    assert send("/sign-in/second/passkey", device.show(send("/sign-in/second/ask", "{}")[1]))[0] == 200
    assert browser.get("/sign-in/second.json").json() == {"fresh": True}
    browser.post("/sign-out")
    assert send("/sign-in/passkey", device.show(send("/sign-in/passkey/ask", "{}")[1]))[0] == 200
    (known,) = browser.get("/me.json").json()["passkeys"]
    assert browser.post("/me/passkeys/remove", {"id": known["id"]}).status_code == 303
    assert browser.get("/me.json").json()["passkeys"] == []
    assert send("/me/passkeys", "nonsense")[0] == 400


# --- the people


def test_an_administrator_adds_and_moves_people_with_a_fresh_factor(node: Served) -> None:
    boss = signed_in(node, "Boss", "administrator")
    id_ = people_of(node).register.named("Boss").id
    new = [("name", "Ann"), ("unit", "unit two"), ("role", "analyst"), ("role", "approver"), ("clearance", "GREEN")]
    page = boss.post("/admin/people/add", new)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    found = re.search(r"<code>([A-Z2-7-]{23})</code>", page.text)
    assert found
    ann = people_of(node).register.expects("Ann", found[1])
    assert ann is not None
    assert boss.post("/admin/people/move", [("id", ann.id), *new[1:3], new[4]]).status_code == 303
    assert people_of(node).register.person(ann.id).roles == ("analyst",)
    taken = boss.post("/admin/people/add", new)
    assert (taken.status_code, 'value="Ann"' in taken.text) == (400, True), "the name is taken, and stays to be corrected"
    later(node, 6)
    old = boss.post("/admin/people/add", [("name", "Una"), ("unit", "unit <b>"), ("role", "auditor"), ("clearance", "AMBER")])
    assert (old.status_code, 'href="/sign-in/second" target="_blank"' in old.text) == (403, True)
    form = old.text.partition('action="/admin/people/add"')[2]
    assert re.findall(r'(?:name="name"|name="unit")[^>]* value="([^"]*)"', form)[:2] == ["Una", "unit &lt;b&gt;"]
    assert re.findall(r'value="([a-z]+)" checked', form) == ["auditor"]
    assert "<option selected>AMBER" in form
    assert {each.name for each in people_of(node).register.people()} == {"Boss", "Ann"}
    for act in ("move", "disable", "reset", "end", "bind"):
        answer = boss.post(f"/admin/people/{act}", Accept="application/json")
        assert answer.json().get("type") == "/problems/second-factor", act
    boss.post("/sign-in/second", {"code": app_code(node, id_)})
    assert boss.post("/admin/people/disable", {"id": ann.id}).status_code == 303
    assert people_of(node).register.person(ann.id).disabled is not None
    assert boss.post("/admin/people/reset", {"id": ann.id}).status_code == 200
    assert {line.who for line in people_of(node).store.log() if line.act in {"move", "disable", "reset"}} == {id_}


@pytest.mark.parametrize("act", ["move", "disable", "reset", "end"])
def test_nobody_changes_their_own_rights(node: Served, act: str) -> None:
    boss = signed_in(node, "Boss", "administrator")
    settled(node, "Second", "administrator")
    id_ = people_of(node).register.named("Boss").id
    fields = [("id", id_), *([("unit", "u"), ("role", "analyst"), ("clearance", "RED")] if act == "move" else [])]
    answer = boss.post(f"/admin/people/{act}", fields, Accept="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (403, "nobody changes their own rights")
    assert people_of(node).register.person(id_).roles == ("administrator",)


def test_an_administrator_binds_a_subject_but_not_to_themselves(node: Served) -> None:
    boss, ann = signed_in(node, "Boss", "administrator"), settled(node, "Ann", "analyst")
    people_of(node).door.subjects.met("https://a.example", "s-1")
    told = {"issuer": "https://a.example", "sub": "s-1"}
    assert "s-1" in boss.get("/admin/people").text
    assert boss.post("/admin/people/bind", {**told, "id": people_of(node).register.named("Boss").id}).status_code == 403
    assert boss.post("/admin/people/bind", {**told, "id": ann}).status_code == 303
    assert people_of(node).door.subjects.met(**told) == ann
    assert boss.post("/admin/people/bind", {**told, "id": ""}).status_code == 303
    assert people_of(node).door.subjects.met(**told) is None


def test_no_page_of_the_log_names_anybody(node: Served) -> None:
    settled(node, "Mx Distinct Name", "analyst")
    auditor = signed_in(node, "Audra", "auditor")
    for path in ("/admin/people/log", "/admin/people/log.json"):
        text = auditor.get(path).text
        assert "Distinct" not in text
        assert "command-line" in text


def test_without_a_provider_there_is_no_way_to_one(node: Served) -> None:
    for path in ("/sign-in/provider", "/sign-in/back?code=x&state=y"):
        assert node.far.get(path).status_code == 404
    assert node.far.get("/sign-in.json").json()["ways"] == ["password", "passkey"]
