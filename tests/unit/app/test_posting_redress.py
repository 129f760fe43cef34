"""Whoever was held or taken down contests it: the public form, what a stranger learns there, the lifting, block lists, the notice."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from calls import SETTINGS, Client
from post_office import ANALYST, APPROVER, PHONE, REVIEWER, Server, act, courier, drop, opened, plain_letters, plan, reply, sent, words

from browser import Browser, cheap, signed_in
from saksi.actions import History, Kind, Theirs, Word, held_for, missing
from saksi.actions.header import header_of
from saksi.actions.yardstick import measured
from saksi.app.home import now_text
from saksi.app.intake.intake import Intake
from saksi.app.intake.public import Public, public_app
from saksi.app.intake.settings import PublicLimits, PublicSettings
from saksi.app.node import Node
from saksi.app.posting.appeals import Appeal, hand_in
from saksi.app.posting.notices import NoticePages
from saksi.app.posting.pages import AnswerPages
from saksi.app.posting.setting import office_of
from saksi.app.posting.tray import Tray
from saksi.app.web.assets import load_assets
from saksi.app.web.serve import build_app
from saksi.app.web.site import Site
from saksi.exchange.holder import notice_of, notice_pdf
from saksi.exchange.reference import reference
from saksi.model import LedgerFault, NotAllowed

SITE = Site(load_assets())
TYPED = {"via": "phone", "checked": "called back on the number of the directory"}
TALE = "It is my late mother's number; she sold vegetables."


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    plain_letters(monkeypatch)
    made = opened(tmp_path)
    yield made
    made.close()


@pytest.fixture
def public(node: Node) -> Iterator[Client]:
    """The public pages of the node, for somebody far away."""
    with Intake(node) as intake:
        app = public_app(Public(node, intake, PublicSettings("Centre A"), contest=lambda appeal: hand_in(node, appeal, now_text())))
        yield Client(app, "192.0.2.9", {"Host": "localhost"})


def contest(public: Client, typed: str, session: str = "0" * 32, **more: str) -> str:
    fields = {"reference": typed, "words": TALE, "contact": "+99 123, evenings", "form": session, **more}
    answer = public.post("/appeal?lang=en", data=fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def suspended(node: Node) -> History:
    """A number that was suspended at a recipient's."""
    have = sent(node)
    courier(node, Server()).round(now())
    for word in (Word.RECEIVE, Word.ACCEPT, Word.DONE):
        act(node, have, word, **TYPED)
    return act(node, have, Word.ENFORCE, until=have.request.until, **TYPED)


def listed(node: Node) -> str:
    return b"".join(node.feed("csv", reader=node.owner(), at=None)).decode()


def test_an_appeal_becomes_a_step_and_its_words_lie_in_the_vault_alone(node: Node, public: Client) -> None:
    have = suspended(node)
    contest(public, reference(have.request.id).lower().replace("-", " "))
    post = node.files.path / "post"
    assert not [path for path in post.rglob("*") if path.is_file() and b"vegetables" in path.read_bytes()], "sealed"
    courier(node, Server()).round(now())
    step = node.book.steps(have.request.id)[-1].step
    assert (step.word, step.person, step.via, step.text) == (Word.APPEAL, "courier", "form", None)
    (item,) = node.tray.listed("logged")
    assert item.digest == step.evidence
    assert node.tray.body(item.digest) is None
    assert TALE in (node.came(item) or b"").decode()
    node.erase(node.plan_erasure(f"request:{have.request.id}"), ground="asked for")
    assert node.shelf.original(bytes.fromhex(item.digest)) is None
    assert node.tray.requests() == set()


def test_a_stranger_learns_nothing_whatever_they_name(node: Node, public: Client) -> None:
    """A reference that is in force, one that was only drafted, one that bears upon nobody, and one that was never given."""
    in_force, drafted = suspended(node), node.draft(plan(node), ANALYST)
    harmless = sent(node, kind=Kind.PRESERVE, until=None, holder_language=None)
    names = [reference(each.request.id) for each in (in_force, drafted, harmless)] + ["SK-0000-0000-0000"]
    pages, spent = set(), []
    for at, name in enumerate(names * 2):
        began = time.perf_counter()
        pages.add(contest(public, name, f"{at:032x}"))
        spent.append(time.perf_counter() - began)
    assert len(pages) == 1
    (page,) = pages
    assert in_force.request.to.name not in page
    assert "SK-" not in page
    courier(node, Server()).round(now())
    assert words(node, in_force)[-1] == "appeal"
    assert words(node, drafted) == ["draft"]
    assert "appeal" not in words(node, harmless)
    assert len(node.tray.listed("waiting", sort="appeal")) == 7, "six name nothing that can be contested, one came while another is open"


def test_the_form_is_read_strictly_and_keeps_what_was_written(public: Client, node: Node) -> None:
    page = public.get("/appeal?lang=km").text
    assert "តវ៉ា" in page
    assert "<script" not in page
    fields = {"reference": "SK-01AB-23CD-45EF", "words": TALE, "contact": "a", "form": "0" * 32}
    for wrong in ({"reference": "my number"}, {"words": ""}, {"contact": " "}, {"words": "x" * 4001}, {"form": "<b>"}):
        answer = public.post("/appeal", data={**fields, **wrong})
        assert answer.status_code in {200, 400}
        assert ("<b>" in answer.text) is False
        if "form" not in wrong:
            assert answer.status_code == 400
            assert wrong.get("reference", fields["reference"]) in answer.text
    assert public.post("/appeal", data=fields, headers={"Origin": "https://evil.example"}).status_code == 403
    assert node.tray.listed("new") == []


def test_sent_twice_it_is_one_and_floods_are_held_off(node: Node, public: Client) -> None:
    for _ in range(2):
        contest(public, "SK-01AB-23CD-45EF")
    assert len(node.tray.listed("new")) == 1
    codes = [
        public.post("/appeal", data={"reference": "SK-01AB-23CD-45EF", "words": "x", "contact": "y", "form": f"{at:032x}"}).status_code
        for at in range(30)
    ]
    assert 429 in codes
    assert PublicLimits().each_question[1] == 20


def test_a_tray_that_is_full_says_so_and_mails_do_not_fill_it(node: Node, public: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saksi.app.posting.tray._MOST_WAITING", 1)
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    for at in range(3):
        drop(node, reply(post.met[0], "x" * (at + 1)), str(at))
    rounds.round(now())
    contest(public, reference(have.request.id))
    fields = {"reference": "SK-01AB-23CD-45EF", "words": "x", "contact": "y", "form": "f" * 32}
    assert public.post("/appeal", data=fields).status_code == 503


def test_an_appeal_is_opened_by_this_node_alone(node: Node, public: Client) -> None:
    contest(public, "SK-01AB-23CD-45EF")
    (item,) = node.tray.listed("new")
    other = Tray(node.files.post / "tray.sqlite", key=bytes(32))
    with pytest.raises(LedgerFault, match="cannot be opened"):
        other.body(item.digest)
    other.close()


def test_a_lifting_reaches_the_recipient_and_takes_the_value_out_of_block_lists_at_once(node: Node, public: Client) -> None:
    have = suspended(node)
    assert PHONE in listed(node)
    contest(public, reference(have.request.id))
    courier(node, Server()).round(now())
    act(node, have, Word.LIFT, APPROVER, text="the number was sold on before")
    assert PHONE not in listed(node)
    answer = node.entity(PHONE, reader=node.owner(), at=None)
    assert answer.status == "contested"
    (made,) = [line for line in answer.statements if line.prop == "outcome"]
    assert made.value == "false-alarm"
    assert have.request.id not in json.dumps([line.ref for line in answer.statements])
    post = Server()
    courier(node, post).round(now())
    assert len(post.met) == 1, "the recipient is asked to undo it"
    node.erase(node.plan_erasure(f"request:{have.request.id}"), ground="asked for")
    assert PHONE not in listed(node), "an erasure of the request brings no listing back"


def test_a_withdrawal_says_nothing_about_the_value(node: Node) -> None:
    have = suspended(node)
    act(node, have, Word.WITHDRAW, text="another authority has asked")
    assert PHONE in listed(node)


def test_what_ended_as_wrong_is_stood_down_and_what_was_served_is_not(node: Node) -> None:
    have = suspended(node)
    act(node, have, Word.END, reason="served", **TYPED)
    assert PHONE in listed(node)
    have = suspended(node)
    act(node, have, Word.END, reason="wrong", **TYPED)
    assert PHONE not in listed(node)


def test_hours_wrongly_held_count_from_the_first_hold(node: Node, public: Client) -> None:
    have = suspended(node)
    done = next(each.step.at for each in node.book.steps(have.request.id) if each.step.word is Word.DONE)
    contest(public, reference(have.request.id))
    courier(node, Server()).round(now())
    act(node, have, Word.LIFT, REVIEWER, text="it was wrong")
    stood = node.book.history(have.request.id)
    assert (stood.acted_at, stood.undone_at, stood.appeal) == (done, None, "lift")
    assert held_for(stood, now() + timedelta(hours=5)) >= timedelta(hours=5), "until the recipient lets go, it is held"
    act(node, have, Word.LIFTED, **TYPED)
    headers = [[header_of(step, each, "centre.a.example") for step, each in node.book.course(have.request.id)]]
    assert any(each.asks for each in measured(headers, now_text()))
    assert node.book.history(have.request.id).theirs is Theirs.LIFTED


def test_only_a_reviewer_without_a_hand_in_it_turns_an_appeal_down(node: Node, public: Client) -> None:
    have = suspended(node)
    contest(public, reference(have.request.id))
    courier(node, Server()).round(now())
    for actor in (APPROVER, REVIEWER):
        with pytest.raises(NotAllowed):
            act(node, have, Word.KEEP, actor, text="it stays")
    act(node, have, Word.KEEP, replace(REVIEWER, person="reviewer-2"), text="it stays")
    assert PHONE in listed(node)


def test_a_request_about_a_journalist_waits_for_the_independent_reviewer(node: Node) -> None:
    post = Server()
    have = node.draft(plan(node, kind=Kind.PRESERVE, until=None, holder_language=None, concerns=("media",)), ANALYST)
    assert "independent reviewer" in missing(have)[0]
    with pytest.raises(NotAllowed):
        act(node, have, Word.SEND)
    courier(node, post).round(now())
    assert post.met == []
    act(node, have, Word.REVIEW, REVIEWER)
    act(node, have, Word.SEND)
    courier(node, post).round(now())
    assert len(post.met) == 1


@pytest.mark.parametrize("language", ["en", "km", "th"])
def test_a_notice_tells_the_holder_how_to_contest_and_names_no_account_and_no_ground(node: Node, language: str) -> None:
    have = suspended(node)
    made = notice_of(have, office_of(node.config), language)
    text = repr(made)
    assert made.language == language
    assert reference(have.request.id) in text
    assert "review@centre.a.example" in text
    for hidden in (PHONE, "85512345678", have.request.purpose, have.request.offence, have.request.officer):
        assert hidden not in text
    assert notice_pdf(made, Path("none")).startswith(b"%PDF-")
    act(node, have, Word.LIFT, APPROVER, text="it was wrong")
    lifted = notice_of(node.book.history(have.request.id), office_of(node.config), language)
    assert lifted.said != made.said


def test_nobody_is_noticed_where_a_law_forbids_it_until_it_is_lifted(node: Node) -> None:
    office = replace(office_of(node.config), tipping_off="Act 2 of A, section 9")
    have = suspended(node)
    with pytest.raises(NotAllowed, match="may not be told"):
        notice_of(have, office, "en")
    have = act(node, have, Word.LIFT, APPROVER, text="it was wrong")
    assert notice_of(have, office, "en").said
    with pytest.raises(NotAllowed, match="bears upon them"):
        notice_of(sent(node, kind=Kind.PRESERVE, until=None, holder_language=None), office, "en")


def test_the_notice_is_a_page_and_a_pdf_for_those_who_see_requests(node: Node) -> None:
    from test_posting_pages import Office

    have = suspended(node)
    made = Office.__new__(Office)
    made.now, made.real = now_text(), node
    hand_in(node, Appeal(reference="SK-0000-1111-2222", words=TALE, contact="+99 123", language="km", session="1" * 32), now_text())
    courier(node, Server()).round(now())
    routes = (*NoticePages(SITE, node).routes(), *AnswerPages(SITE, node).routes())
    made.app, made.desk = build_app(node, node.files.path, replace(SETTINGS, more=routes), clock=lambda: made.now)
    cheap(made)
    ann = signed_in(made, "Ann", "analyst", clearance="RED")
    page = ann.get(f"/request/{have.request.id}/notice")
    assert page.status_code == 200
    assert '<article lang="km">' in page.text, "the language that the request names"
    twin = ann.get(f"/request/{have.request.id}/notice.json?lang=km").json()
    assert (twin["language"], twin["title"] in ann.get(f"/request/{have.request.id}/notice?lang=km").text) == ("km", True)
    pdf = ann.get(f"/request/{have.request.id}/notice.pdf?lang=th")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert ann.get(f"/request/{'0' * 32}/notice").status_code == 404
    (lost,) = node.tray.listed(sort="appeal")
    page = ann.get(f"/answers/{lost.digest}").text
    assert "names no measure of ours" in page
    assert "+99 123" in page
    bob = signed_in(made, "Bob", "reviewer", clearance="AMBER+STRICT")
    assert "+99 123" not in bob.get(f"/answers/{lost.digest}").text + bob.get(f"/answers/{lost.digest}.json").text
    assert signed_in(made, "Low", "analyst").get(f"/request/{have.request.id}/notice").status_code == 403
    assert Browser(made).get(f"/request/{have.request.id}/notice").status_code in {303, 401}
    for each in (made.desk.walker, made.desk.writer):
        each.shutdown()
    for store in (made.desk.access, made.desk.replay, made.desk.people):
        store.close()
