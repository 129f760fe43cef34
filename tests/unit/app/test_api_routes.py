"""The API as callers see it: answers, problems, rights, limits, replays, cursors, the ledger's tiles."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

import msgspec
import pytest
from calls import Served, apart
from markupsafe import escape
from stand import AUTHORITY, BROKEN, ORIGIN, PHONE, SECRET

from saksi.app.api.application import API_ROUTES
from saksi.app.api.desk import Limits
from saksi.app.api.guard import CSP
from saksi.app.api.keys import CAN, May, Role
from saksi.app.api.problems import KINDS, Problem
from saksi.app.web.assets import load_assets
from saksi.app.web.pages import Pages
from saksi.app.web.site import Site
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.note import parse_vkey
from saksi.model import ACCUSING_ROLES, LedgerFault, Op, Pap, Tlp
from saksi.model import ROLES as WORDS
from saksi.screen.answer import decode

ROUTES = [*API_ROUTES, *Pages(Site(load_assets())).routes()]
Serve = Callable[..., Served]


def problem(response: object, status: int, slug: str) -> Problem:
    """The problem in a response, after checking that it is one, of this kind."""
    assert response.status_code == status, response.text  # type: ignore[attr-defined]
    assert response.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    made = msgspec.json.decode(response.content, type=Problem)  # type: ignore[attr-defined]
    assert (made.type, made.status, KINDS[slug].status) == (f"/problems/{slug}", status, status)
    assert made.instance == response.headers["saksi-request"]  # type: ignore[attr-defined]
    return made


def digest_of(served: Served, entity: str = PHONE) -> str:
    return str(served.local.get(f"/api/v1/entities/{entity}").json()["statements"][0]["ref"].rpartition("#")[2])


# --- look-ups


def test_one_value_in_any_script_is_one_entity(served: Served) -> None:
    answers = [served.local.get("/api/v1/lookup", params={"value": text}) for text in ("០១២ ៣៤៥ ៦៧៨", "012 345 678", "+855 12 345 678")]
    assert {decode(answer.content).entity for answer in answers} == {PHONE}
    assert decode(answers[0].content).status == "contested"


def test_unknown_does_not_mean_safe(served: Served) -> None:
    answer = decode(served.local.get("/api/v1/lookup", params={"value": "+85599999999"}).content)
    assert answer.status == "unknown"
    assert "does not mean that it is safe" in answer.why[0].text


def test_what_may_not_be_seen_and_what_is_not_there_answer_alike(served: Served) -> None:
    other = "phone:+85518888888"
    hidden, nothing = (served.local.get(f"/api/v1/entities/{entity}").text for entity in (SECRET, other))
    assert hidden.replace(SECRET, other) == nothing
    red = served.with_key(Role.ANALYST, Tlp.RED)
    digest = red.get(f"/api/v1/entities/{SECRET}").json()["statements"][0]["ref"].rpartition("#")[2]
    assert red.get(f"/api/v1/statements/{digest}").status_code == 200
    one = problem(served.local.get(f"/api/v1/statements/{digest}"), 404, "not-found")
    two = problem(served.local.get(f"/api/v1/statements/{'0' * 64}"), 404, "not-found")
    assert msgspec.structs.replace(one, instance="") == msgspec.structs.replace(two, instance="")
    problem(served.local.get(f"/api/v1/statements/{digest}/proof"), 404, "not-found")


def test_many_values_at_once_reflect_one_size(served: Served) -> None:
    asked = {"values": ["012 345 678", "???", "phish[.]example[.]net"], "country": "KH"}
    said = served.local.post("/api/v1/lookup", json=asked).json()
    assert [each.get("entity") for each in said["answers"]] == [PHONE, None, "host:phish.example.net"]
    assert said["answers"][1]["type"] == "/problems/bad-input"
    assert said["answers"][1]["where"] == "values/1"
    assert {each["at"] for each in said["answers"] if "at" in each} == {said["at"]}


@pytest.mark.parametrize(
    "body",
    [
        {"values": []},
        {"values": ["x"] * 1001},
        {"values": "x"},
        {},
        {"values": ["x"], "extra": 1},
        {"values": ["x"], "country": "kh"},
        {"values": ["x"], "at": -1},
    ],
)
def test_bad_bodies_are_refused(served: Served, body: object) -> None:
    problem(served.local.post("/api/v1/lookup", json=body), 400, "bad-input")


def test_at_pins_a_size(served: Served) -> None:
    ref = served.local.get("/api/v1/entities/host:phish.example.net").json()
    pinned = f"/api/v1/entities/host:phish.example.net?at={ref['at']}"
    before = served.local.get(pinned)
    served.node.add([served.node._places[ref["statements"][0]["ref"].rpartition("#")[2]].statement])
    assert served.local.get(pinned).content == before.content
    assert served.local.get("/api/v1/entities/host:phish.example.net").json()["at"] == ref["at"] + 1
    problem(served.local.get("/api/v1/entities/host:a.example?at=100000"), 400, "bad-input")


def test_a_statement_and_its_proof(served: Served) -> None:
    digest = digest_of(served)
    said = served.local.get(f"/api/v1/statements/{digest}").json()
    assert said["ref"] == f"{ORIGIN}#{digest}"
    assert said["groups"]["source"]["locator"] == {"column": "phone", "row": 7}
    file = served.local.get(f"/api/v1/statements/{digest}/proof").content
    proved = verify_bundle(file, [parse_vkey(served.node.vkey)])
    assert proved.ref == said["ref"]
    assert msgspec.json.decode(proved.groups["content"]) == said["groups"]["content"]


def test_search_goes_on_by_cursor_and_link(served: Served) -> None:
    seen: list[str] = []
    path = "/api/v1/search?q=page&limit=50"
    pages = 0
    while path:
        answer = served.local.get(path)
        seen += [hit["entity"] for hit in answer.json()["hits"]]
        pages += 1
        link = answer.headers.get("link", "")
        assert bool(link) == (answer.json()["next"] is not None)
        path = link.partition("<")[2].partition(">")[0]
    assert pages == 3
    assert len(seen) == len(set(seen)) == 120
    problem(served.local.get("/api/v1/search?q=page&cursor=nonsense"), 400, "bad-input")
    for path in ("search?q=page&cursor=", "takes?cursor=", "lookup?value=012345678&country="):
        assert problem(served.with_key(Role.ANALYST).get(f"/api/v1/{path}"), 400, "bad-input").where in {"cursor", "country"}
    assert served.local.get("/?q=012345678&country=", headers={"Accept": "text/html"}).status_code == 303, "a form that was left empty"


def test_an_etag_saves_the_answer(served: Served) -> None:
    for path in ("/api/v1/lookup?value=012345678", "/ledger/checkpoint", "/openapi.json", f"/e/{PHONE}", "/api/v1/feeds/hosts.txt"):
        first = served.local.get(path)
        again = served.local.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert served.local.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_two_readers_do_not_share_an_answer(served: Served) -> None:
    low = served.with_key(Role.READER, Tlp.CLEAR).get("/api/v1/entities/host:bad.json")
    high = served.with_key(Role.READER, Tlp.AMBER).get("/api/v1/entities/host:bad.json")
    assert (low.json()["status"], high.json()["status"]) == ("unknown", "known")
    assert low.headers["etag"] != high.headers["etag"]
    assert "Authorization" in low.headers["vary"]
    assert low.headers["cache-control"] == "private, no-cache"


# --- purpose and access log


def test_nobody_looks_at_marked_data_without_a_purpose(served: Served) -> None:
    client = served.with_key(Role.READER)
    del client.headers["Saksi-Purpose"]
    digest = digest_of(served)
    for path in (
        "/api/v1/lookup?value=012345678",
        f"/api/v1/entities/{PHONE}",
        f"/api/v1/statements/{digest}",
        f"/api/v1/statements/{digest}/proof",
        "/api/v1/search?q=x",
        "/api/v1/feeds/hosts.txt",
    ):
        problem(client.get(path), 403, "purpose-needed")
        glue = "&" if "?" in path else "?"
        assert client.get(f"{path}{glue}purpose=prevention").status_code == 200
    problem(client.post("/api/v1/lookup", json={"values": ["x"]}), 403, "purpose-needed")
    clear = served.with_key(Role.READER, Tlp.CLEAR)
    del clear.headers["Saksi-Purpose"]
    assert clear.get("/api/v1/lookup?value=012345678").status_code == 200


def test_every_look_is_in_the_access_log(served: Served) -> None:
    digest = digest_of(served)
    for path in (f"/api/v1/statements/{digest}", f"/s/{digest}", f"/s/{digest}.json", f"/e/{PHONE}", f"/e/{PHONE}.json", "/?q=012345678"):
        before = len(list(served.desk.access.read()))
        assert served.local.get(path).status_code in {200, 303}
        lines = list(served.desk.access.read())
        assert len(lines) == before + 1, path
        assert (lines[-1].who, lines[-1].purpose) == ("local", "a test")
    audit = served.with_key(Role.AUDITOR).get("/api/v1/access", params={"value": PHONE, "limit": 2}).json()
    assert audit["total"] >= 4
    assert len(audit["lines"]) == 2
    assert PHONE not in str(audit)


def test_no_answer_leaves_where_the_access_log_cannot_be_written(served: Served) -> None:
    served.desk.access.close()
    made = problem(served.local.get("/api/v1/lookup?value=012345678"), 503, "ledger-fault")
    assert "access" not in made.detail


# --- who may do what


@pytest.mark.parametrize("role", [*Role, "local", "far"])
def test_every_route_lets_in_whom_its_right_says_and_nobody_else(served: Served, role: Role | str) -> None:
    client = served.with_key(role) if isinstance(role, Role) else getattr(served, role)
    rights = CAN[role] if isinstance(role, Role) else {"local": {May.LOOK, May.FEED}, "far": set()}[role]
    digest = digest_of(served)
    filled = {
        "{entity:path}": PHONE,
        "{digest}": digest,
        "{name}": "hosts.txt",
        "{path:path}": "0/000.p/1",
        "{id}": "00000000",
        "{slug}": "too-many",
    }
    for route in ROUTES:
        path = route.path
        for hole, value in filled.items():
            path = path.replace(hole, value)
        answer = client.request(route.method, path, headers={"Accept": "application/json"})
        open_to = route.may is None or route.may in rights
        if route.path == "/metrics":
            open_to = May.ADMIN in rights or role == "local"
        assert (answer.status_code not in {401, 403}) == open_to, (route.method, path, answer.status_code)
        assert answer.status_code < 500, (path, answer.text)
        if not open_to:
            expected = (403, "not-allowed") if isinstance(role, Role) else (401, "key-needed")
            problem(answer, *expected)


def test_every_route_is_either_open_by_name_or_needs_a_right() -> None:
    open_paths = {route.path for route in ROUTES if route.may is None}
    assert open_paths == {
        "/ledger/checkpoint", "/ledger/tile/{path:path}", "/healthz", "/readyz", "/metrics",
        "/ledger", "/ledger.json", "/about", "/problems/{slug}", "/static/{path:path}",
    }  # fmt: skip


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_what_a_proxy_passed_on_is_not_local(served: Served, header: str) -> None:
    problem(served.local.get("/api/v1/lookup?value=012345678", headers={header: "192.0.2.9"}), 401, "key-needed")


def test_people_at_the_machine_can_be_asked_for_a_key_too(serve: Serve) -> None:
    served = serve(clearance=None)
    problem(served.local.get("/api/v1/lookup?value=012345678"), 401, "key-needed")


@pytest.mark.parametrize("auth", ["Bearer nonsense", "Basic abc", "Bearer", "saksi_0_0"])
def test_a_wrong_key_is_not_taken_for_none(served: Served, auth: str) -> None:
    answer = served.local.get("/api/v1/lookup?value=012345678", headers={"Authorization": auth})
    problem(answer, 401, "key-needed")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_is_shut_out_at_once(served: Served) -> None:
    reader = served.with_key(Role.READER)
    assert reader.get("/api/v1/feeds").status_code == 200
    name = served.desk.keys.listed()[-1].id
    ended = served.with_key(Role.ADMINISTRATOR).delete(f"/api/v1/keys/{name}").json()
    assert ended["revoked_at"] == served.now
    problem(reader.get("/api/v1/feeds"), 401, "key-needed")
    listed = served.with_key(Role.ADMINISTRATOR).get("/api/v1/keys").text
    assert "digest" not in listed


# --- problems


def test_what_is_not_there_and_what_is_not_done_are_problems(served: Served) -> None:
    problem(served.local.get("/nothing"), 404, "not-found")
    problem(served.local.get("/api/v1/lookup/"), 404, "not-found")
    answer = served.local.put("/api/v1/lookup")
    problem(answer, 405, "no-such-method")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "value=",
        "value=x&value=y",
        "value=012345678&other=1",
        "value=012345678&at=-1",
        "value=012345678&at=٣",
        "value=012345678&at=1.0",
        "value=012345678&country=kh",
        "value=012345678&country=KHM",
        "value=%00",
        "value=" + "x" * 5000,
        "value=%ED%A0%80&at=01",
    ],
)
def test_bad_parameters_are_named(served: Served, query: str) -> None:
    made = problem(served.local.get(f"/api/v1/lookup?{query}"), 400, "bad-input")
    assert made.where or made.detail


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: type(fault).__name__)
def test_what_breaks_inside_tells_nothing_about_itself(served: Served, fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    served.node.broken = fault
    slug = {"LedgerFault": "ledger-fault", "PeerFault": "peer-fault", "KeyError": "fault"}[type(fault).__name__]
    with caplog.at_level(logging.ERROR):
        made = problem(served.local.get("/api/v1/lookup?value=012345678"), KINDS[slug].status, slug)
    assert "secret" not in msgspec.json.encode(made).decode()
    assert "surprise" not in msgspec.json.encode(made).decode()
    assert "012345678" not in caplog.text
    assert "surprise" not in caplog.text


def test_people_get_a_page_and_programs_a_problem(served: Served) -> None:
    page = served.local.get("/nothing", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404
    assert "Nothing here" in page.text
    assert page.headers["content-security-policy"] == CSP
    problem(served.local.get("/api/v1/nothing", headers={"Accept": "text/html"}), 404, "not-found")
    served.node.broken = BROKEN[0]
    broken = served.local.get(f"/e/{PHONE}", headers={"Accept": "text/html"})
    assert broken.status_code == 503
    assert "The ledger is not well" in broken.text


def test_each_kind_of_problem_has_a_page(served: Served) -> None:
    for slug, kind in KINDS.items():
        assert escape(kind.title) in served.far.get(f"/problems/{slug}").text
    assert served.far.get("/problems/unheard-of").status_code == 404


# --- against other sites, hosts, floods


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80", "[::1", "localhost:80@evil"])
def test_another_host_name_is_refused(served: Served, host: str) -> None:
    problem(served.local.get("/api/v1/lookup?value=012345678", headers={"Host": host}), 421, "wrong-host")


@pytest.mark.parametrize("host", ["localhost:8731", "127.0.0.1", "[::1]:8731", "LOCALHOST"])
def test_its_own_names_are_taken(served: Served, host: str) -> None:
    assert served.local.get("/healthz", headers={"Host": host}).status_code == 200


def test_another_site_cannot_make_a_browser_ask(served: Served) -> None:
    client = served.with_key(Role.ANALYST)
    body = {"value": "012345678", "outcome": "no-action"}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ):
        problem(client.post("/api/v1/outcomes", json=body, headers=headers), 403, "cross-site")
    assert (
        client.post("/api/v1/outcomes", json=body, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}).status_code
        == 201
    )
    problem(
        served.local.get("/api/v1/lookup?value=012345678", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
        403,
        "cross-site",
    )
    assert served.local.get("/about", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert "access-control-allow-origin" not in served.local.get("/healthz", headers={"Origin": "http://evil.example"}).headers


def test_every_answer_has_the_safety_headers(served: Served) -> None:
    for path in ("/", "/healthz", "/nothing", "/api/v1/lookup", "/static/icon.svg", "/ledger/checkpoint"):
        headers = served.local.get(path).headers
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers
    assert "unsafe" not in CSP


def test_a_flood_is_slowed_down_by_caller(serve: Serve) -> None:
    served = serve(Limits(each_second=0.001, burst=3))
    left = [served.local.get("/healthz").headers["ratelimit"] for _ in range(3)]
    assert [each.split(";")[1] for each in left] == ["r=2", "r=1", "r=0"]
    answer = served.local.get("/healthz")
    problem(answer, 429, "too-many")
    assert int(answer.headers["retry-after"]) > 900
    assert served.far.get("/healthz").status_code == 200
    assert served.with_key(Role.READER).get("/healthz").status_code == 200


def test_a_body_may_not_be_large(serve: Serve) -> None:
    served = serve(Limits(body=1000, file=2000))
    problem(served.local.post("/api/v1/lookup", json={"values": ["x" * 1000]}), 413, "too-large")

    def pieces(count: int):
        for _ in range(count):
            yield b"a.example\n" * 10

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    problem(
        served.far.post("/sign-in", content=b"x" * 1500, headers=form), 413, "too-large"
    )  # a form with files is longer of those who are known
    assert served.local.post("/sign-in", content=b"x" * 1500, headers=form).status_code != 413
    intake = served.with_key(Role.INTAKE)
    problem(intake.post("/api/v1/takes?name=a", content=pieces(30)), 413, "too-large")
    assert intake.post("/api/v1/takes?name=a", content=pieces(15)).status_code == 201
    assert list((served.home / "api" / "spool").iterdir()) == []


def test_a_slow_request_is_ended(serve: Serve) -> None:
    served = serve(Limits(seconds=0.05))

    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(5)
        return {"type": "http.request"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/lookup",
        "raw_path": b"/api/v1/lookup",
        "query_string": b"purpose=x",
        "scheme": "http",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "root_path": "",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }
    apart(lambda: served.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


# --- giving


def test_a_file_is_taken_and_again_adds_nothing(served: Served) -> None:
    intake = served.with_key(Role.INTAKE)
    first = intake.post("/api/v1/takes?name=hosts.txt", content=b"a.example\nb.example\n")
    assert (first.status_code, first.json()["taken"], first.json()["duplicate"]) == (201, 2, 0)
    assert intake.post("/api/v1/takes?name=hosts.txt", content=b"b.example\na.example\n").json()["taken"] == 0
    assert [line["taken"] for line in intake.get("/api/v1/takes").json()["takes"]] == [0, 2]
    page = intake.get("/api/v1/takes?limit=1")
    assert intake.get(page.headers["link"].partition("<")[2].partition(">")[0]).json()["takes"][0]["taken"] == 2
    problem(intake.post("/api/v1/takes?name=x", content=b""), 400, "bad-input")
    problem(intake.post("/api/v1/takes?name=x", content=b"\0"), 400, "bad-input")
    problem(intake.post("/api/v1/takes", content=b"a.example"), 400, "bad-input")
    assert list((served.home / "api" / "spool").iterdir()) == []


def test_the_same_key_does_nothing_twice(served: Served) -> None:
    intake = served.with_key(Role.INTAKE)

    def post(key: str, body: bytes = b"a.example\n", name: str = "x"):
        return intake.post(f"/api/v1/takes?name={name}", content=body, headers={"Idempotency-Key": key})

    first = post("k1")
    size = served.node.state().size
    again = post("k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert served.node.state().size == size
    problem(post("k1", b"b.example\n"), 422, "key-reused")
    problem(post("k1", name="y"), 422, "key-reused")
    assert post("k2").json()["duplicate"] == 1
    other = served.with_key(Role.INTAKE)
    assert other.post("/api/v1/takes?name=x", content=b"c.example", headers={"Idempotency-Key": "k1"}).json()["taken"] == 1


def test_a_refused_request_may_be_sent_again_with_its_key(served: Served) -> None:
    intake = served.with_key(Role.INTAKE)
    served.node.broken = BROKEN[0]
    problem(intake.post("/api/v1/takes?name=x", content=b"a.example", headers={"Idempotency-Key": "k"}), 503, "ledger-fault")
    served.node.broken = None
    assert intake.post("/api/v1/takes?name=x", content=b"a.example", headers={"Idempotency-Key": "k"}).status_code == 201


def test_an_outcome_is_told_once(served: Served) -> None:
    reader = served.with_key(Role.READER)
    body = {"value": "០១២ ៣៤៥ ៦៧៨", "outcome": "payment-stopped", "happened": "2026-06-01"}
    first = reader.post("/api/v1/outcomes", json=body)
    assert (first.status_code, first.json()["entity"]) == (201, PHONE)
    assert reader.get(first.headers["location"]).status_code == 200
    assert (reader.post("/api/v1/outcomes", json=body).status_code) == 200
    for wrong in ({**body, "outcome": "won"}, {**body, "value": "???"}, {**body, "more": 1}, {"value": "x"}):
        problem(reader.post("/api/v1/outcomes", json=wrong), 400, "bad-input")
    problem(reader.post("/api/v1/outcomes", content=b"{}", headers={"Content-Type": "text/plain"}), 415, "wrong-media")
    problem(reader.post("/api/v1/outcomes", content=b'{"value":"\xff"}', headers={"Content-Type": "application/json"}), 400, "bad-input")


# --- the ledger and the node


def test_strangers_read_the_ledger(served: Served) -> None:
    size = served.node.state().size
    note = served.far.get("/ledger/checkpoint")
    assert note.text.split("\n")[:2] == [ORIGIN, str(size)]
    tile = served.far.get(f"/ledger/tile/0/000.p/{size}")
    assert len(tile.content) == 32 * size
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(served.far.get(f"/ledger/tile/entries/000.p/{size}").content) == 50 * size
    for path in ("0/000.p/999", "0/x00", "..%2f..%2fkeys", "0/999", "entries/0", "%2e%2e/vault"):
        assert served.far.get(f"/ledger/tile/{path}").status_code in {400, 404}


def test_health_and_readiness(served: Served) -> None:
    assert served.far.get("/healthz").json() == {"status": "ok"}
    assert served.far.get("/readyz").json() == {"ready": True, "checks": []}
    names = {check["name"]: check for check in served.local.get("/readyz").json()["checks"]}
    assert names["ledger"]["ok"]
    assert names["page"]["needed"] is False
    served.node.ready = False
    assert served.far.get("/readyz").status_code == 503


def test_metrics_count_by_route_and_hold_no_value(served: Served) -> None:
    served.local.get("/api/v1/lookup?value=012345678")
    served.local.get(f"/e/{PHONE}")
    served.local.get("/nothing/012345678")
    text = served.local.get("/metrics").text
    assert 'saksi_requests_total{method="GET",route="/api/v1/lookup",status="200"} 1' in text
    assert 'saksi_requests_total{method="GET",route="/e/{entity:path}",status="200"} 1' in text
    assert f"saksi_ledger_leaves {served.node.state().size}" in text
    assert "12345678" not in text


def test_a_block_list(served: Served) -> None:
    answer = served.local.get("/api/v1/feeds/hosts.txt")
    hosts = answer.text.split()
    assert "phish.example.net" in hosts
    assert "news.example.com" not in hosts  # safe-listed
    assert answer.headers["saksi-size"] == str(served.node.state().size)
    problem(served.local.get("/api/v1/feeds/other"), 404, "not-found")


def test_uploads_that_a_crash_left_are_swept(serve: Serve) -> None:
    served = serve()
    left = served.home / "api" / "spool" / "left"
    left.write_bytes(b"x")
    from calls import SETTINGS

    from saksi.app.api.application import make_desk

    again = make_desk(served.node, served.home, SETTINGS)
    assert not left.exists()
    again.access.close()
    again.replay.close()
    again.walker.shutdown()
    again.writer.shutdown()


def test_serving_begins_and_ends_in_order(served: Served) -> None:
    told: list[str] = []

    async def run() -> None:
        inbox: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        await inbox.put({"type": "lifespan.startup"})

        async def send(message: dict[str, object]) -> None:
            told.append(str(message["type"]))
            if message["type"] == "lifespan.startup.complete":
                await inbox.put({"type": "lifespan.shutdown"})

        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        await served.app(scope, inbox.get, send)  # type: ignore[arg-type]

    apart(run)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    served.desk.access.close()  # closing twice is no harm


# --- HEAD, and what to do next


@pytest.mark.parametrize(
    "path",
    [
        "/", "/ledger", "/about", "/ledger.json", "/ledger/checkpoint", "/healthz", "/readyz", "/openapi.json", "/nothing",
        "/api/v1/lookup?value=012345678", "/e/phone:+85512345678", "/api/v1/search?q=123", "/problems/not-found", "/static/icon.svg",
    ],
)  # fmt: skip
def test_head_is_answered_like_get_without_its_body(served: Served, path: str) -> None:
    asked, seen = served.local.get(path), served.local.request("HEAD", path)
    assert seen.status_code == asked.status_code != 405
    assert asked.content
    assert seen.content == b""
    for name in ("etag", "content-type", "content-length", "cache-control", "vary"):
        assert seen.headers.get(name) == asked.headers.get(name), name
    if tag := asked.headers.get("etag"):
        assert served.local.request("HEAD", path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["/api/v1/lookup", "/api/v1/takes", "/api/v1/statements/" + "0" * 64])
def test_a_refused_method_is_told_every_one_that_is_taken(served: Served, path: str) -> None:
    item = served.local.get("/openapi.json").json()["paths"][path.replace("0" * 64, "{digest}")]
    refused = served.local.request("PATCH", path)
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == {method.upper() for method in item} | {"HEAD"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"op": "expire", "refs": ["0" * 64, "00"], "reason": "a test"}, "refs/1"),
        ({"op": "expire", "refs": [1], "reason": "a test"}, "refs/0"),
        ({"op": "expire", "reason": "a test"}, "refs"),
        ({"op": "expire", "refs": ["0" * 64], "reason": "a test", "nonsense": 1}, "nonsense"),
        ([], "body"),
    ],
)
def test_a_refused_body_names_the_field(served: Served, body: object, where: str) -> None:
    refused = served.with_key(Role.ANALYST).post("/api/v1/amendments", json=body)
    assert (refused.status_code, refused.json()["where"]) == (400, where)


def test_a_parameter_that_is_missing_is_named(served: Served) -> None:
    refused = served.local.get("/api/v1/lookup").json()
    assert (refused["where"], refused["detail"]) == ("value", "this parameter is needed")


def test_head_is_refused_where_get_is(served: Served) -> None:
    assert served.far.request("HEAD", "/api/v1/lookup?value=012345678").status_code == 401
    assert "HEAD" in served.local.put("/api/v1/lookup").headers["allow"].split(", ")
    answer = served.local.request("HEAD", "/api/v1/outcomes")
    assert answer.status_code == served.local.get("/api/v1/outcomes").status_code


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_of_problem_says_what_to_do_next(served: Served, slug: str) -> None:
    assert KINDS[slug].todo.endswith(".")
    told = re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(KINDS[slug].todo)))
    assert told in served.local.get(f"/problems/{slug}", headers={"Accept": "text/html"}).text


def test_a_refusal_says_what_to_do_next(served: Served) -> None:
    answers = (
        served.far.get("/api/v1/lookup?value=012345678"),
        served.with_key(Role.INTAKE).get("/api/v1/lookup?value=012345678"),
        served.local.get("/nothing"),
        served.local.put("/api/v1/lookup"),
    )
    assert [answer.status_code for answer in answers] == [401, 403, 404, 405]
    assert all(answer.json()["todo"] for answer in answers)


def test_a_page_as_of_an_earlier_size_says_so_at_its_top_and_leads_to_now(served: Served) -> None:
    entity, then = "host:phish.example.net", served.node.size
    (line,) = served.local.get(f"/e/{entity}.json").json()["statements"]
    digest = line["ref"].rpartition("#")[2]
    pages = {f"/e/{entity}": {}, f"/s/{digest}": {}, "/search": {"q": "phish"}}
    for path, asked in pages.items():
        assert "not the newest" not in served.local.get(path, params={**asked, "at": then}).text
    served.node.amend(line["ref"], Op.RETRACT, "the owner is honest")
    for path, asked in pages.items():
        main = served.local.get(path, params={**asked, "at": then}).text.partition("<main")[2]
        told = f"This is as of ledger size {then}, not the newest. Answers are now given on size {then + 1}."
        assert told in main.partition("<h1>")[0]
        (now,) = re.findall(r'<a href="([^"]+)">As it stands now</a>', main)
        assert now.partition("?")[0] == path
        assert "not the newest" not in served.local.get(now).text
    past = served.local.get(f"/e/{entity}").text
    assert f"withdrawn by {AUTHORITY}" in past
    assert "by its author" not in past


def test_a_page_of_an_error_keeps_the_banner_and_shows_no_backticks(served: Served) -> None:
    html = {"Accept": "text/html"}
    page = served.far.get(f"/e/{PHONE}", headers=html)
    assert page.status_code == 401
    assert "Synthetic data" in page.text
    assert "<code>/sign-in</code>" in page.text
    assert "`" not in page.text.partition("<main")[2]
    assert "<code>where</code>" in served.local.get("/problems/bad-input", headers=html).text
    stranger = served.local.get("/about", headers={**html, "Host": "evil.example.net"})
    assert stranger.status_code == 421
    assert "Synthetic data" not in stranger.text
    served.node.broken = LedgerFault("torn")
    torn = served.local.get(f"/e/{PHONE}", headers=html)
    assert torn.status_code == 503
    assert "Synthetic data" not in torn.text


def test_what_accuses_is_not_said_to_speak_against(served: Served) -> None:
    page = served.local.get("/e/host:phish.example.net").text
    assert "nothing you may see speaks against it" in page
    assert '<span class="chip">accuses it</span>' in page
    assert page.count("speaks against it") == 1


def test_a_stranger_learns_what_is_signed_and_not_how_much_is_sealed(served: Served) -> None:
    (strange, known) = (client.get("/ledger.json").json() for client in (served.far, served.local))
    assert (strange["statements"], strange["erased"]) == (None, None)
    assert known["statements"] > 0
    for name in ("origin", "size", "root", "checkpoint", "vkey"):
        assert strange[name] == known[name]
    assert not (strange["fsck"] or {}).get("said")
    pages = [client.get("/ledger", headers={"Accept": "text/html"}).text for client in (served.far, served.local)]
    assert [">Statements</dt>" in page for page in pages] == [False, True]
    private = served.far.get("/ledger.json").headers
    assert "private" in private["cache-control"]
    assert "Authorization" in private["vary"]


def test_about_explains_every_word_that_an_answer_uses(served: Served) -> None:
    page = served.far.get("/about", headers={"Accept": "text/html"}).text
    explained = {" ".join(word.split()) for word in re.findall(r"<dt[^>]*>(?:<span[^>]*>)?([^<]+)<", page)}
    assert {*WORDS, *(f"TLP:{level.value}" for level in Tlp), *(f"PAP:{level.value}" for level in Pap)} <= explained
    assert {"On record", "No record", "Contested", "Safe-listed", "Nothing stands", "Flagged"} <= explained
    assert {"Old", "Not in the number plan", "Weak", "Unopened", "Entry", "Checkpoint", "Root hash", "Fingerprint", "Witness"} <= explained
    roles = dict(re.findall(r"<dt>([a-z-]+)</dt><dd>([^<]+)</dd>", page))
    assert {name for name, said in roles.items() if said.endswith("accuses it of a part in a scam")} == set(ACCUSING_ROLES)
    assert served.local.get("/ledger", headers={"Accept": "text/html"}).text.count('href="/about#words"') == 1
