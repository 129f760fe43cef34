"""No way leads past the agreement that a coercive request needs: not by role, replay, edit, age, oneself, one's own unit, or at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from bureau import ACCOUNT, Bureau

from browser import Browser
from saksi.actions import Mine, Word
from saksi.actions.half import MAY
from saksi.app.people.person import PERSONS

Way = Callable[[Bureau, Browser, str, list[tuple[str, str]]], httpx.Response]
NAMES = {"target": "targets"}
BEARING = ["approve", "review", "send"]


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    made = Bureau(tmp_path)
    yield made
    made.close()


def by_page(bureau: Bureau, browser: Browser, id_: str, told: list[tuple[str, str]]) -> httpx.Response:
    del bureau
    return browser.post(f"/request/{id_}", told, Accept="application/json")


def by_api(bureau: Bureau, browser: Browser, id_: str, told: list[tuple[str, str]], **headers: str) -> httpx.Response:
    del bureau
    body: dict[str, object] = {name: text for name, text in told if name != "target"}
    body["targets"] = [text for name, text in told if name == "target"]
    more = {"Origin": browser.origin, **browser._cookie(), **headers}
    return browser.client.post(f"/api/v1/requests/{id_}/steps", json=body, headers=more)


ways = pytest.mark.parametrize("way", [by_page, by_api])


def crew(bureau: Bureau) -> tuple[Browser, Browser, Browser]:
    return bureau.officer("Ann", "analyst"), bureau.officer("Abe", "approver"), bureau.officer("Rita", "reviewer", unit="unit two")


def words(bureau: Bureau, id_: str) -> list[str]:
    return [each.step.word.value for each in bureau.real.book.steps(id_)]


@ways
@pytest.mark.parametrize("role", PERSONS)
def test_no_role_does_what_is_not_its_own(bureau: Bureau, way: Way, role: object) -> None:
    id_ = bureau.drafted(bureau.officer("Ann", "analyst"))
    someone = bureau.officer("Someone", role.value, unit="unit two")  # type: ignore[attr-defined]
    for word in Word:
        before = words(bureau, id_)
        answer = way(bureau, someone, id_, bureau.say(id_, word.value, text="x", via="phone", checked="x"))
        if role not in MAY[word] or word in {Word.DRAFT, Word.SEND}:
            assert answer.status_code >= 400, word
            assert words(bureau, id_) == before
        assert bureau.have(id_).mine is not Mine.SENT
        if bureau.have(id_).mine is Mine.DROPPED:
            break


@ways
@pytest.mark.parametrize("agreed", [(), ("approve",), ("review",)])
def test_nothing_is_sent_without_both(bureau: Bureau, way: Way, agreed: tuple[str, ...]) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    for word in agreed:
        assert way(bureau, {"approve": abe, "review": rita}[word], id_, bureau.say(id_, word)).status_code < 400
    for each in (ann, abe, rita):
        assert way(bureau, each, id_, bureau.say(id_, "send")).status_code >= 400
    assert "send" not in words(bureau, id_)


@ways
def test_agreement_is_given_one_by_one(bureau: Bureau, way: Way) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    for told in ([], ["account:KH:ABA:1"], [ACCOUNT, "account:KH:ABA:1"]):
        assert way(bureau, abe, id_, bureau.say(id_, "approve", target=told)).status_code >= 400
    assert way(bureau, rita, id_, bureau.say(id_, "review", text="")).status_code >= 400
    assert words(bureau, id_) == ["draft"]


@ways
def test_the_same_post_again_does_nothing(bureau: Bureau, way: Way) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    for who, word in ((abe, "approve"), (rita, "review"), (ann, "send")):
        told = bureau.say(id_, word)
        assert way(bureau, who, id_, told).status_code < 400
        for _ in range(2):
            assert way(bureau, who, id_, told).status_code >= 400
    assert words(bureau, id_) == ["draft", "approve", "review", "send"]


def test_a_key_of_idempotency_gives_the_answer_again_and_to_nobody_else(bureau: Bureau) -> None:
    ann, abe, _ = crew(bureau)
    id_ = bureau.drafted(ann)
    told = bureau.say(id_, "approve")
    first = by_api(bureau, abe, id_, told, **{"Idempotency-Key": "k1"})
    again = by_api(bureau, abe, id_, told, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    assert by_api(bureau, ann, id_, told, **{"Idempotency-Key": "k1"}).status_code == 403
    assert words(bureau, id_) == ["draft", "approve"]


@ways
def test_an_edit_after_approval_needs_all_of_it_anew(bureau: Bureau, way: Way) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    old = bureau.say(id_, "approve")
    for who, word in ((abe, "approve"), (rita, "review")):
        way(bureau, who, id_, bureau.say(id_, word))
    fields = [*bureau.fields(amount="150000", proportionality="all of it"), ("head", bureau.have(id_).head)]
    assert ann.post(f"/request/{id_}/edit", fields).status_code == 303
    assert way(bureau, ann, id_, bureau.say(id_, "send")).status_code >= 400
    digest = dict(old)["subject"]
    assert way(bureau, abe, id_, bureau.say(id_, "approve", subject=digest)).status_code >= 400, "given to the words from before"
    assert words(bureau, id_)[-1] == "edit"


@ways
@pytest.mark.parametrize("word", BEARING)
def test_an_old_session_and_an_old_second_factor_take_no_such_step(bureau: Bureau, way: Way, word: str) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    people = {"approve": abe, "review": rita, "send": ann}
    for before in BEARING[: BEARING.index(word)]:
        way(bureau, people[before], id_, bureau.say(id_, before))
    have = words(bureau, id_)
    bureau.later(minutes=6)
    late = way(bureau, people[word], id_, bureau.say(id_, word))
    assert (late.status_code, "second" in late.text) == (403, True)
    bureau.later(minutes=31)
    assert way(bureau, people[word], id_, bureau.say(id_, word)).status_code == 401
    assert words(bureau, id_) == have


@ways
def test_one_person_is_not_two(bureau: Bureau, way: Way) -> None:
    _, abe, rita = crew(bureau)
    all_of_it = bureau.officer("Max", "analyst", "approver", "reviewer", unit="unit three")
    own = bureau.drafted(all_of_it)
    for word in ("approve", "review", "send"):
        assert way(bureau, all_of_it, own, bureau.say(own, word)).status_code >= 400
    id_ = bureau.drafted(bureau.officer("Una", "analyst"))
    assert way(bureau, all_of_it, id_, bureau.say(id_, "approve")).status_code < 400
    assert way(bureau, all_of_it, id_, bureau.say(id_, "review")).status_code >= 400
    assert way(bureau, abe, own, bureau.say(own, "approve")).status_code < 400
    assert way(bureau, abe, own, bureau.say(own, "approve")).status_code < 400, "twice by the same is still once"
    assert way(bureau, all_of_it, own, bureau.say(own, "send")).status_code >= 400
    assert way(bureau, rita, own, bureau.say(own, "review")).status_code < 400
    assert words(bureau, own).count("send") == 0


@ways
def test_a_reviewer_of_the_same_unit_is_not_independent(bureau: Bureau, way: Way) -> None:
    ann, abe, _ = crew(bureau)
    ron = bureau.officer("Ron", "reviewer")
    id_ = bureau.drafted(ann)
    way(bureau, abe, id_, bureau.say(id_, "approve"))
    refused = way(bureau, ron, id_, bureau.say(id_, "review"))
    assert refused.status_code >= 400
    assert way(bureau, ann, id_, bureau.say(id_, "send")).status_code >= 400
    assert words(bureau, id_) == ["draft", "approve"]


@ways
def test_an_answer_without_a_source_is_not_the_recipients(bureau: Bureau, way: Way) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    for who, word in ((abe, "approve"), (rita, "review"), (ann, "send")):
        way(bureau, who, id_, bureau.say(id_, word))
    for told in ({}, {"via": "node"}, {"via": "phone"}, {"via": "mail", "checked": "x"}, {"via": "pigeon", "checked": "x"}):
        assert way(bureau, ann, id_, bureau.say(id_, "receive", **told)).status_code >= 400, told
    assert words(bureau, id_)[-1] == "send"


@ways
def test_of_two_officers_at_once_one_answers(bureau: Bureau, way: Way) -> None:
    ann, abe, rita = crew(bureau)
    id_ = bureau.drafted(ann)
    for who, word in ((abe, "approve"), (rita, "review"), (ann, "send")):
        way(bureau, who, id_, bureau.say(id_, word))
    told = bureau.say(id_, "receive", via="phone", checked="called back")
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(answer.status_code for answer in pool.map(lambda who: way(bureau, who, id_, told), (ann, abe)))
    assert codes[0] < 400 <= codes[1]
    assert words(bureau, id_).count("receive") == 1


@pytest.mark.parametrize("headers", [{"Origin": "https://b.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}], ids=str)
def test_another_site_makes_nobody_take_a_step(bureau: Bureau, headers: dict[str, str]) -> None:
    ann, abe, _ = crew(bureau)
    id_ = bureau.drafted(ann)
    assert abe.post(f"/request/{id_}", bureau.say(id_, "approve"), **headers).status_code == 403
    assert ann.post("/request/new", bureau.fields(), **headers).status_code == 403
    assert words(bureau, id_) == ["draft"]
    assert bureau.real.book.ids() == [id_]


def test_hostile_words_are_shown_as_words(bureau: Bureau) -> None:
    ann, abe, _ = crew(bureau)
    evil = "<script>alert(1)</script>\u202e=1+1"
    id_ = bureau.drafted(ann, purpose=evil, proportionality=evil, text=evil)
    abe.post(f"/request/{id_}", bureau.say(id_, "approve", text=evil))
    for path in (f"/request/{id_}", f"/request/{id_}/edit", "/requests"):
        assert "<script>alert" not in ann.get(path).text
    for told in (bureau.fields(kind="revenge"), bureau.fields(urgency="now"), bureau.fields(offence="insult"), bureau.fields(to="nobody")):
        assert ann.post("/request/new", told).status_code == 400
    for told in (bureau.fields(amount="1e9"), bureau.fields(amount="-1"), bureau.fields(currency=""), bureau.fields(until="soon")):
        assert ann.post("/request/new", told).status_code == 400
    assert ann.post("/request/new", [*bureau.fields(), ("officer", "p-other")]).status_code == 400
    assert bureau.real.book.ids() == [id_]
