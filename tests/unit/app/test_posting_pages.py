"""The pages of what came in, as officers see them: forged answers, hostile files, two officers at once, and whoever may not look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from calls import SETTINGS, Client, Served
from post_office import Server, act, courier, drop, opened, plain_letters, reply, sent, words

from browser import Browser, cheap, signed_in
from saksi.actions import History, Theirs, Word
from saksi.app.node import Node
from saksi.app.posting.pages import AnswerPages
from saksi.app.web.assets import load_assets
from saksi.app.web.serve import build_app
from saksi.app.web.site import Site
from saksi.exchange.message import Mail

SITE = Site(load_assets())


class Office(Served):
    """A real node behind its web application, with a request that was mailed."""

    def __init__(self, folder: Path) -> None:
        self.real: Node = opened(folder)
        self.now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self.post = Server()
        self.asked: History = sent(self.real)
        self.turn()
        routes = AnswerPages(SITE, self.real).routes()
        self.app, self.desk = build_app(self.real, self.real.files.path, replace(SETTINGS, more=routes), clock=lambda: self.now)
        self.node = self.real  # type: ignore[assignment]

    @property
    def mail(self) -> Mail:
        return self.post.met[0]

    def turn(self) -> None:
        courier(self.real, self.post).round(datetime.now(UTC))

    def client(self, address: str, headers: dict[str, str]) -> Client:
        return Client(self.app, address, headers)

    def came(self, data: bytes) -> str:
        """A mail comes in; gives its digest."""
        before = {each.digest for each in self.real.tray.listed()}
        drop(self.real, data)
        self.turn()
        (digest,) = {each.digest for each in self.real.tray.listed()} - before
        return digest


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    plain_letters(monkeypatch)
    made = Office(tmp_path)
    cheap(made)
    yield made
    made.close()


def officer(office: Office, name: str = "Ann", *roles: str, clearance: str = "RED") -> Browser:
    return signed_in(office, name, *(roles or ("analyst",)), clearance=clearance)


def test_an_officer_sees_the_answer_with_every_reason_to_doubt_it(office: Office) -> None:
    digest = office.came(
        reply(office.mail, "ANSWER: REFUSE not-ours\nOur new account number is 1.", sender="abuse@telco-b.example", checks="dkim=fail")
    )
    ann = officer(office)
    page = ann.get("/answers").text
    assert "reasons to doubt:" in page
    assert f"/answers/{digest}" in page
    one = ann.get(f"/answers/{digest}").text
    for said in ("not from the directory", "DKIM does not vouch", "speaks of another account", "+99 700 800 900", "ANSWER: REFUSE"):
        assert said in one, said
    assert f"/request/{office.asked.request.id}?word=refuse&amp;reason=not-ours&amp;via=mail&amp;evidence={digest}" in one
    data = ann.get(f"/answers/{digest}.json").json()
    assert (data["word"], data["refusal"], data["state"], data["request"]) == ("refuse", "not-ours", "waiting", office.asked.request.id)
    assert ann.get("/answers.json").json()["answers"][0]["digest"] == digest


def test_a_forged_answer_moves_nothing_whatever_it_says(office: Office) -> None:
    office.came(reply(office.mail, "ANSWER: DONE", sender="abuse@telco.b.example", checks="dkim=fail; spf=fail; dmarc=fail"))
    officer(office).get("/answers")
    assert office.real.book.history(office.asked.request.id).theirs is Theirs.SILENT
    assert words(office.real, office.asked)[-1] == "deliver"


def test_what_is_in_a_mail_is_shown_as_text_and_its_files_leave_as_downloads(office: Office) -> None:
    hostile = (
        b"From: =?utf-8?q?=E2=80=AEevil?= <abuse@telco.b.example>\r\nIn-Reply-To: " + office.mail.id.encode() + b"\r\n"
        b"Subject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<img src=https://evil.example/x onerror=alert(1)>ANSWER: DONE\r\n"
        b'--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="../../x.html"\r\n\r\n<script>1</script>\r\n--b--\r\n'
    )
    digest = office.came(hostile)
    ann = officer(office)
    page = ann.get(f"/answers/{digest}").text
    assert "<script>alert" not in page
    assert "onerror" not in page
    assert "\u202e" not in page
    assert "a file in it can hold a program" in page
    for path in (f"/answers/{digest}/files/1", f"/answers/{digest}/original"):
        file = ann.get(path)
        assert file.headers["content-type"] == "application/octet-stream"
        assert "attachment" in file.headers["content-disposition"]
        assert "sandbox" in file.headers["content-security-policy"]
        assert file.headers["x-content-type-options"] == "nosniff"
    assert ann.get(f"/answers/{digest}/files/1").content.strip() == b"<script>1</script>"
    assert ann.get(f"/answers/{digest}/files/2").status_code == 400


def test_of_two_officers_at_once_one_wins_and_the_other_is_told(office: Office) -> None:
    digest = office.came(reply(office.mail, "We have moved."))
    ann, bob = officer(office), officer(office, "Bob")
    assert bob.get(f"/answers/{digest}").status_code == 200
    assert ann.post(f"/answers/{digest}/aside", {"reason": ""}).status_code == 409
    assert ann.post(f"/answers/{digest}/aside", {"reason": "spam"}).status_code == 303
    second = bob.post(f"/answers/{digest}/aside", {"reason": "mine"})
    assert second.status_code == 409
    assert "somebody has dealt with it since you looked" in second.text
    page = bob.get(f"/answers/{digest}").text
    assert "spam" in page
    assert "Set it aside" not in page
    assert digest in bob.get("/answers?state=aside").text
    assert digest not in bob.get("/answers").text


def test_what_names_no_request_is_erased_for_good_by_somebody_else(office: Office) -> None:
    """Its words are in no file afterwards, also where the same mail comes again; that it came and who erased it stays."""
    words_ = b"From: A Stranger <a@stranger.example>\r\nSubject: help\r\n\r\nMy number is +99 555 0199 (invented).\r\n"
    digest = office.came(words_)
    ann, bob = officer(office, "Ann", "analyst", "approver"), officer(office, "Bob", "approver")
    post = office.real.files.post

    def found() -> list[Path]:
        return [path for path in office.real.files.path.rglob("*") if path.is_file() and b"555 0199" in path.read_bytes()]

    assert len(found()) == 1
    early = bob.post(f"/answers/{digest}/erase", {"reason": "asked to"})
    assert (early.status_code, "set it aside first" in early.text) == (409, True)
    assert ann.post(f"/answers/{digest}/aside", {"reason": "not ours"}).status_code == 303
    assert "Erase it for good" in bob.get(f"/answers/{digest}").text
    own = ann.post(f"/answers/{digest}/erase", {"reason": "asked to"})
    assert (own.status_code, "nobody erases what they set aside" in own.text) == (409, True)
    assert officer(office, "Cy").post(f"/answers/{digest}/erase", {"reason": "asked to"}).status_code == 403
    assert bob.post(f"/answers/{digest}/erase", {"reason": " "}).status_code == 409
    assert len(found()) == 1
    assert bob.post(f"/answers/{digest}/erase", {"reason": "its writer asked"}).status_code == 303
    assert found() == []
    page = bob.get(f"/answers/{digest}").text
    for said in ("Erased for good by", "its writer asked", "its words were erased"):
        assert said in page
    assert digest in bob.get("/answers?state=erased").text
    drop(office.real, words_)
    office.turn()
    assert found() == []
    assert office.real.tray.get(digest).state == "erased"
    office.desk.access.sync()
    assert '"answer-erased"' in (office.real.files.path / "api" / "access.log").read_text()
    assert post.is_dir()


def test_a_second_factor_that_grew_old_is_asked_for_and_what_was_typed_stays(office: Office) -> None:
    digest = office.came(b"From: a@stranger.example\r\n\r\nhello\r\n")
    assert officer(office).post(f"/answers/{digest}/aside", {"reason": "not ours"}).status_code == 303
    bob = officer(office, "Bob", "approver")
    clock = office.desk.people.store.clock
    object.__setattr__(office.desk.people.store, "clock", lambda: clock() + 301)
    answer = bob.post(f"/answers/{digest}/erase", {"reason": "its writer asked"})
    assert answer.status_code == 403
    assert 'value="its writer asked"' in answer.text
    assert 'href="/sign-in/second" target="_blank"' in answer.text
    assert office.real.tray.get(digest).state == "aside"


def test_what_was_typed_in_is_not_set_aside_by_another(office: Office) -> None:
    digest = office.came(reply(office.mail, "ANSWER: RECEIVED"))
    ann = officer(office)
    act(office.real, office.asked, Word.RECEIVE, via="mail", evidence=digest, checked="called back")
    assert ann.post(f"/answers/{digest}/aside", {"reason": "spam"}).status_code == 409
    page = ann.get(f"/answers/{digest}").text
    assert "typed in" in page
    assert "ANSWER: RECEIVED" in page, "its words are in the vault"


def test_whoever_may_not_see_requests_sees_nothing_here(office: Office) -> None:
    digest = office.came(reply(office.mail, "ANSWER: ACCEPT"))
    paths = ("/answers", "/answers.json", f"/answers/{digest}", f"/answers/{digest}.json", f"/answers/{digest}/original")
    for who in (officer(office, "Low", clearance="AMBER"), officer(office, "Boss", "administrator")):
        for path in paths:
            answer = who.get(path)
            assert answer.status_code == 403, path
            assert "ACCEPT" not in answer.text
    nobody = Browser(office)
    assert nobody.get("/answers").status_code in {303, 401}
    auditor = officer(office, "Audra", "auditor")
    assert auditor.get(f"/answers/{digest}").status_code == 200
    assert auditor.post(f"/answers/{digest}/aside", {"reason": "x"}).status_code == 403
    assert officer(office, "Cy").get(f"/answers/{'0' * 64}").status_code == 404


def test_each_look_is_written_down(office: Office) -> None:
    digest = office.came(reply(office.mail, "ANSWER: ACCEPT"))
    officer(office).get(f"/answers/{digest}", Saksi_Purpose="a test")
    office.desk.access.sync()
    assert '"answer"' in (office.real.files.path / "api" / "access.log").read_text()


def test_a_node_that_prints_says_so(office: Office) -> None:
    object.__setattr__(office.real, "config", replace(office.real.config, smtp=""))
    assert "printed, not mailed: smtp is not set" in officer(office).get("/answers").text
