"""The public pages and their enemies: floods, hostile files and fields, guesses at numbers, fishing questions, other sites, slow lines."""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from counter import AUTHORITY, Counter

import saksi.app.intake.serve as served
from saksi.app.home import now_text
from saksi.app.intake.reference import spoken
from saksi.app.intake.settings import PublicLimits
from saksi.app.web.serve import Listen
from saksi.model import Asserter, Content, Grade, Marking, NotAllowed, Pap, Source, Statement, Tlp

FORM = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n"
TALE = {"narrative": "They said I had won.", "form": "0" * 32}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Counter]]:
    made: list[Counter] = []

    def start(**told: object) -> Counter:
        made.append(Counter(tmp_path / str(len(made)), **told))  # type: ignore[arg-type]
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.fixture
def counter(opened: Callable[..., Counter]) -> Counter:
    return opened()


def test_a_report_gives_a_number_that_shows_how_far_it_is_and_nothing_else(counter: Counter) -> None:
    page = counter.send("/report", {**TALE, "phones": "012 345 678\n012 345 679", "contact_name": "Chea Invented"})
    assert page.status_code == 200
    said = counter.report(**TALE, phones="012 345 678\n012 345 679", contact_name="Chea Invented")
    assert said["duplicate"] is True  # the same session, the same words
    assert spoken(str(said["reference"])) in page.text
    assert spoken(str(said["secret"])) in page.text
    counter.facts("x:x")
    shown = counter.send("/report/status", {"reference": said["reference"], "secret": said["secret"]})
    assert shown.status_code == 200
    assert "Received" in shown.text
    for word in ("012", "Chea", "won"):
        assert word not in shown.text


def test_every_page_says_the_same_to_a_program(counter: Counter) -> None:
    """The twins with `.json`: a report and its number, how far it is, a question, an appeal's form, and each refusal."""
    form = counter.get("/report.json").json()
    assert form["languages"] == ["en", "km", "th"]
    given = counter.send("/report.json", {**TALE, "form": form["form"], "phones": "012 345 678"})
    assert (given.status_code, given.headers["content-type"]) == (201, "application/json")
    said = given.json()
    assert counter.send("/report.json?lang=km", {"form": "0" * 32}).json()["unfit"]
    counter.facts("x:x")
    right = counter.send("/report/status.json", {"reference": said["reference"], "secret": said["secret"]})
    assert right.json() == {"reference": said["reference"], "progress": "received"}
    wrong = counter.send("/report/status.json", {"reference": said["reference"], "secret": "0" * 12})
    assert (wrong.status_code, wrong.json()) == (404, {"reference": said["reference"]})
    assert counter.get(f"/report/{said['reference']}.json").json() == {"reference": said["reference"]}
    for value, result in (("012 345 678", "nothing"), ("never-heard.example.com", "nothing"), ("?", "unread")):
        told = counter.send("/check.json", {"value": value}).json()
        assert (told["value"], told["result"], told["warnings"]) == (value, result, [])
        assert "safe" not in told["said"].lower()
    for lost, status in (("/nothing.json", 404), ("/appeal.json", 404)):
        answer = counter.get(lost)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status
    assert counter.request("PUT", "/report.json").json()["status"] == 405


def test_a_program_floods_no_further_than_a_page(opened: Callable[..., Counter]) -> None:
    counter = opened(limits=PublicLimits(each_report=(0.001, 2), each_question=(0.001, 2)))
    assert [counter.send("/report.json", TALE).status_code for _ in range(4)] == [201, 201, 429, 429]
    assert [counter.send("/check.json", {"value": "012 345 678"}).status_code for _ in range(3)] == [200, 200, 429]
    assert counter.send("/check", {"value": "012 345 678"}).status_code == 429, "one share for both"


def test_wrong_and_unknown_numbers_answer_alike_and_in_the_same_time(counter: Counter) -> None:
    said = counter.report(**TALE)
    counter.facts("x:x")
    unknown = counter.intake._references.make(b"never given")
    wrong, never = [], []
    pages = set()
    for at in range(12):
        for number, spent in ((said["reference"], wrong), (unknown, never)):
            began = time.perf_counter()
            page = counter.send("/report/status", {"reference": str(number), "secret": f"{at:012d}"})
            spent.append(time.perf_counter() - began)
            assert page.status_code == 404
            pages.add(page.text.replace(str(number), "N"))
    assert len(pages) == 1
    assert abs(statistics.median(wrong) - statistics.median(never)) < 0.025
    right = counter.send("/report/status", {"reference": unknown, "secret": counter.intake._references.secret(unknown)})
    assert right.text.replace(unknown, "N") in pages  # a number that was never given opens nothing, even with its secret part


def test_a_number_in_the_address_is_never_looked_up(counter: Counter) -> None:
    said = counter.report(**TALE)
    there, not_there = (counter.get(f"/report/{number}") for number in (said["reference"], "1" * 16))
    assert there.text.replace(str(said["reference"]), "N") == not_there.text.replace("1" * 16, "N")


def test_headers_allow_no_script_no_frame_and_no_copy(counter: Counter) -> None:
    for path in ("/report", "/report/urgent", "/check", "/report/status"):
        page = counter.get(path)
        assert page.status_code == 200
        assert "script" not in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "set-cookie" not in page.headers
        assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "fields",
    [
        {"narrative": "x" * 9_000},
        {"phones": "\n".join(["012 345 678"] * 10)},
        {"narrative": "x", "location": "House 9"},
        {},
        {"narrative": "  ", "contact_name": "N"},
    ],
)
def test_what_can_be_mended_is_said_and_nothing_written_is_lost(counter: Counter, fields: dict[str, object]) -> None:
    size = counter.node.ledger.size
    page = counter.send("/report", {**fields, "contact_other": "A way <b>"})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "A way &lt;b&gt;" in page.text
    assert counter.node.ledger.size == size


def test_hostile_fields_are_text(counter: Counter) -> None:
    evil = '"><script>alert(1)</script>\u202e{{7*7}}\r\nSet-Cookie: a=b\x00'
    page = counter.send("/report", {"narrative": evil, "phones": evil[:150], "country": "K\u041d", "currency_1": evil[:100]})
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "set-cookie" not in page.headers
    assert counter.get("/report/%22%3E%3Cscript%3E?lang=%0d%0aSet-Cookie:a").status_code == 200
    assert "<script" not in counter.get("/report/%22%3E%3Cscript%3E").text


def test_hostile_files_are_kept_as_bytes_and_never_shown(counter: Counter) -> None:
    zipped = b"PK\x03\x04" + b"\0" * 200_000
    files = [
        ("files", ("../../x\r\nA: b.svg", b"<svg onload=alert(1)>", "image/svg+xml")),
        ("files", ("a" * 300 + ".zip", zipped, "application/zip")),
        ("files", ("\u202egnp.exe", b"MZ....", "image/png")),
    ]
    page = counter.request("POST", "/report", data={"narrative": "with files"}, files=files)
    assert page.status_code == 200, page.text
    counter.facts("x:x")
    (report,) = counter.node.views.entities("report:")
    kinds = [fact.value for fact in counter.facts(report) if fact.prop == "attachment"]
    assert sorted(map(str, kinds)) == ["SVG or HTML text", "Windows program", "ZIP archive, or office document"]


def test_too_many_and_too_large_files_are_refused(counter: Counter) -> None:
    many = [("files", (f"{at}.txt", b"x", "text/plain")) for at in range(6)]
    assert "too many files" in counter.request("POST", "/report", data=TALE, files=many).text
    large = [("files", ("a.bin", b"x" * (5 * 1024 * 1024 + 1), "text/plain"))]
    assert "too large" in counter.request("POST", "/report", data=TALE, files=large).text
    huge = [("files", (f"{at}.bin", b"x" * (5 * 1024 * 1024), "text/plain")) for at in range(3)]
    assert counter.request("POST", "/report", data=TALE, files=huge).status_code == 413


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{" * 60_000, "application/json"), (b"\xff" * 100, "multipart/form-data"), (b"a" * 50_000, "application/x-www-form-urlencoded")],
)
def test_a_body_that_is_no_form_is_refused(counter: Counter, body: bytes, kind: str) -> None:
    assert counter.request("POST", "/report", content=body, headers={"Content-Type": kind}).status_code == 400


def test_each_address_has_its_share_and_all_have_theirs(opened: Callable[..., Counter]) -> None:
    few = opened(limits=PublicLimits(each_report=(0.001, 3), all_reports=(0.001, 5)))
    said = [few.send("/report", {"narrative": str(at)}, address="192.0.2.1").status_code for at in range(4)]
    assert said == [200, 200, 200, 429]
    rest = [few.send("/report", {"narrative": str(at)}, address=f"192.0.2.{at + 2}") for at in range(3)]
    assert [page.status_code for page in rest] == [200, 200, 429]
    assert int(rest[-1].headers["retry-after"]) > 0
    assert few.get("/report").status_code == 200


@pytest.mark.parametrize(
    "way", ["/report/", "/report//", "//report", "/report%2f", "/report;x", "/Report", "/report/.json", "/report.json/", "/./report"]
)
def test_another_spelling_of_the_address_has_no_share_of_its_own(opened: Callable[..., Counter], way: str) -> None:
    few = opened(limits=PublicLimits(each_report=(0.001, 2)))
    with served.serving(few.public, Listen("127.0.0.1", 0)) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        said = [_status(port, each) for each in ("/report", way, "/report", way, "/report.json")]
    taken = [code for code in said if code in {200, 201}]
    assert len(taken) == 2, said
    assert said[3] in {404, 429}, said


def _status(port: int, target: str) -> int:
    """What a report sent to an address, as it is written, is answered with."""
    body = b"narrative=They+said+I+had+won."
    head = FORM.format(target, len(body))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head.encode() + body)
        return int(line.recv(4096).split()[1])


@pytest.mark.parametrize("path", ["/report", "/check", "/appeal"])
def test_who_hangs_up_with_half_a_body_leaves_no_word_in_the_log(counter: Counter, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with served.serving(counter.public, Listen("127.0.0.1", 0)) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(FORM.format(path, 900).encode() + b"narr")
            time.sleep(0.2)
        time.sleep(0.2)
        assert _status(port, "/report") == 200, "it serves on"
    assert not caplog.records


def test_other_sites_and_other_names_are_refused(opened: Callable[..., Counter]) -> None:
    made = opened(hosts=frozenset({"localhost"}))
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert made.send("/report", TALE, headers=headers).status_code == 403
    assert made.send("/report", TALE, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert made.get("/report", headers={"Host": "evil.example"}).status_code == 421
    assert made.request("DELETE", "/report").status_code == 405


def test_an_error_is_a_page_in_plain_words(counter: Counter) -> None:
    page = counter.get("/nothing")
    assert page.status_code == 404
    assert "There is no such page." in page.text


def test_the_words_for_emergencies_come_first_and_no_place_is_asked_on_the_long_form(opened: Callable[..., Counter]) -> None:
    made = opened(emergency={"en": "Call 999 now."})
    page = made.get("/report")
    assert page.text.index("Call 999 now.") < page.text.index("<form")
    assert 'name="location"' not in page.text
    urgent = made.get("/report/urgent")
    assert urgent.text.count("<textarea") + urgent.text.count('type="text"') < 10
    said = made.report(in_danger="yes", narrative="a friend is held", location="House 9", consent="rescue")
    facts = made.facts(f"report:{AUTHORITY}/{said['reference']}")
    assert [fact.value for fact in facts if fact.prop == "personInDanger"] == [True]
    assert not any(fact.prop == "stillPaying" for fact in facts)
    assert not any("held" in str(fact.value) or "House" in str(fact.value) for fact in facts)


def claim(counter: Counter, value: str, tlp: Tlp, role: str = "infrastructure") -> None:
    schema = "PhoneNumber" if value.startswith("phone:") else "WebSite"
    source = Source(digest="0f" * 32, title="A warning", publisher="Police of Country A", published="2026-10-01")
    said = Statement(
        Content(value, schema, "role", role), source, Asserter(AUTHORITY, now_text(), None, Grade.parse("B2")), Marking(tlp, Pap.GREEN)
    )
    counter.node.ledger.append([said])
    counter.facts(value)


def test_a_public_warning_is_told_and_anything_else_is_the_same_as_nothing(counter: Counter) -> None:
    claim(counter, "phone:+85512345678", Tlp.CLEAR)
    claim(counter, "phone:+85512345679", Tlp.GREEN)
    claim(counter, "phone:+85512345680", Tlp.RED, "confirmed-mule")
    claim(counter, "phone:+85512345681", Tlp.CLEAR, "victim-own")
    counter.report(narrative="x", phones="012 345 682")
    counter.facts("x:x")

    def asked(number: str) -> str:
        page = counter.send("/check", {"value": number})
        assert page.status_code == 200
        return page.text.replace(number, "N")

    warned = asked("012 345 678")
    assert "public warning about this" in warned
    assert "Police of Country A" in warned
    (told,) = counter.send("/check.json", {"value": "012 345 678"}).json()["warnings"]
    assert (told["publisher"], told["since"]) == ("Police of Country A", "2026-10-01")
    twins = [counter.send("/check.json", {"value": f"012 345 {end}"}).json() for end in ("679", "680", "681", "682", "699")]
    assert {(twin["result"], twin["said"], str(twin["warnings"])) for twin in twins} == {("nothing", twins[0]["said"], "[]")}
    pages = {asked(f"012 345 {end}") for end in ("679", "680", "681", "682", "699")}
    assert len(pages) == 1
    (page,) = pages
    for word in (" safe", "hold", "request", "investigat", "frozen"):
        assert word not in page.lower().replace("signs of a scam", "").replace("safe account", "")
    assert "cannot be read" in asked("??")
    assert counter.public.counts.as_log() == {"asked": 13, "warned": 2, "unread": 1}


def test_questions_are_limited(opened: Callable[..., Counter]) -> None:
    made = opened(limits=PublicLimits(each_question=(0.001, 2)))
    assert [made.send("/check", {"value": "012 345 678"}).status_code for _ in range(3)] == [200, 200, 429]


def test_the_pages_are_served_beside_the_node_and_a_slow_head_is_let_go(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_HEAD_SECONDS", 1.0)
    with served.serving(counter.public, Listen("127.0.0.1", 0)) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
            slow.sendall(b"GET /report HTTP/1.1\r\nHost: local")
            assert slow.recv(10) == b""  # closed by the server
        with pytest.raises(NotAllowed), served.serving(counter.public, Listen("127.0.0.1", port)):
            pass


def test_only_loopback_is_served_in_the_clear() -> None:
    with pytest.raises(NotAllowed):
        served.parse_listen("0.0.0.0:80", proxy=False)
    assert served.parse_listen("[::1]:8732", proxy=False).host == "::1"
