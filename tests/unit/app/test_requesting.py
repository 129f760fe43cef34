"""Requests as officers and their programs see them: what is filled in, who is shown what, and the way from a draft to an answer."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from bureau import ACCOUNT, PHONE, SITE, VICTIM, Bureau, new

from browser import Browser, people_of
from saksi.actions import Mine, Theirs
from saksi.app.amending import Change
from saksi.app.api.keys import Role
from saksi.app.api.openapi import document
from saksi.app.people.person import PERSONS
from saksi.app.requesting import samples
from saksi.app.requesting.office import SHOWN
from saksi.app.requesting.routes import requesting_routes
from saksi.app.requesting.wire import MeasuresAnswer, RequestAnswer, RequestBody, RequestsAnswer, StepBody
from saksi.app.taking import Order
from saksi.model import Op, Tlp
from saksi.model.actor import Role as Post

TYPED = {"via": "phone", "checked": "called back on the number of the directory"}


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    made = Bureau(tmp_path)
    yield made
    made.close()


def sent(bureau: Bureau) -> tuple[str, list]:  # type: ignore[type-arg]
    """A hold that was agreed to and sent; and who did it."""
    crew = [bureau.officer("Ann", "analyst"), bureau.officer("Abe", "approver"), bureau.officer("Rita", "reviewer", unit="unit two")]
    id_ = bureau.drafted(crew[0])
    for browser, word in ((crew[1], "approve"), (crew[2], "review"), (crew[0], "send")):
        answer = browser.post(f"/request/{id_}", bureau.say(id_, word))
        assert answer.status_code == 303, answer.text
    return id_, crew


def test_a_draft_is_filled_in_with_all_that_is_known(bureau: Bureau) -> None:
    ann = bureau.officer("Ann", "analyst")
    page = ann.get(new(ACCOUNT)).text
    assert '<option value="hold" selected>' in page
    assert '<option value="bank-b" selected>' in page
    assert 'name="amount" inputmode="decimal" maxlength="40" value="150.50"' in page, "what two reports say was paid, added up"
    assert f'value="{bureau.ground()}" checked' in page
    assert 'name="holder_language" required maxlength="35" value="km"' in page
    bureau.drafted(ann)
    assert 'name="instrument" required maxlength="8000" value="agreement of banks"' in ann.get(new(ACCOUNT)).text, "as the last time"
    assert '<option value="takedown" selected>' in ann.get(new(ACCOUNT, kind="takedown")).text
    assert '<option value="suspend" selected>' in ann.get(new(PHONE)).text


def test_a_case_fills_in_a_draft_for_its_members_alone(bureau: Bureau) -> None:
    ann, ben = bureau.officer("Ann", "analyst"), bureau.officer("Ben", "analyst")
    actor = people_of(bureau).register.named("Ann").actor
    case = bureau.real.open_case("two payments", actor, Tlp.RED, reports=["report:centre.a.example/R-2"])
    page = ann.get(new(case=case.id)).text
    assert f'name="entity" value="{ACCOUNT}"' in page
    for path in (new(case=case.id), new(VICTIM, PHONE, ACCOUNT, case=case.id)):
        page = ann.get(path).text
        assert '<option value="hold" selected>' in page
        assert f'name="entity" value="{PHONE}"' not in page, "a number is not held"
    assert f'name="entity" value="{VICTIM}"' not in ann.get(new(VICTIM, PHONE, case=case.id, kind="suspend")).text
    assert "no such case" in ben.get(new(case=case.id)).text
    assert ben.post("/request/new", bureau.fields(case=case.id)).status_code == 400
    assert not bureau.real.book.ids()


def test_a_conflict_of_interest_is_said_and_routed_around(bureau: Bureau) -> None:
    ann = bureau.officer("Ann", "analyst")
    page = ann.get(new(ACCOUNT, VICTIM, kind="verify")).text
    assert "its director is named in the matter" in page
    assert '<option value="regulator-b" selected>' in page
    both = {"entity": [ACCOUNT, VICTIM], "target": [ACCOUNT, VICTIM], "amount": ["", ""], "currency": ["", ""]}
    plain = {"kind": "verify", "until": "", "living_costs": "", "holder_language": "", **both}
    id_ = bureau.drafted(ann, **plain)
    refused = ann.post(f"/request/{id_}", bureau.say(id_, "send"))
    assert refused.status_code == 400
    assert "has a conflict of interest" in refused.text
    assert "ask whom the directory names instead" in refused.text
    asked = bureau.drafted(ann, **{**plain, "to": "regulator-b"})
    assert bureau.have(asked).request.to.by_hand
    assert ann.post(f"/request/{asked}", bureau.say(asked, "send")).status_code == 303


def test_what_speaks_for_the_holder_stands_on_the_form_and_goes_along(bureau: Bureau) -> None:
    ann = bureau.officer("Ann", "analyst")
    page = ann.get(new(VICTIM, kind="warn")).text
    assert "victim-own" in page.partition("Speaks for the holder")[2].partition("Rests on")[0]
    refused = ann.post("/request/new", bureau.fields(kind="suspend", to="telco-b", entity=VICTIM, target=VICTIM, amount="", currency=""))
    assert refused.status_code == 400
    assert "nothing coercive is asked" in refused.text
    assert 'name="proportionality" required rows="2" maxlength="8000">the two payments<' in refused.text, "what was typed stays"


def test_from_a_draft_to_an_answer_on_the_pages(bureau: Bureau) -> None:
    id_, (ann, abe, _) = sent(bureau)
    assert bureau.have(id_).mine is Mine.SENT
    assert [each["id"] for each in ann.get("/requests.json?show=waiting").json()["requests"]] == [id_]
    assert ann.get("/requests.json").json()["requests"] == []
    page = ann.get(f"/request/{id_}?word=receive&via=mail&evidence={'e' * 64}").text
    assert 'value="receive" required checked' in page
    assert f'value="{"e" * 64}"' in page
    bare = ann.post(f"/request/{id_}", bureau.say(id_, "receive", via="mail", checked="called back"))
    assert "name the letter or mail" in bare.text
    for word, more in (("receive", {}), ("accept", {}), ("in-force", {"until": bureau.have(id_).asked_until or ""})):
        done = {"done_entity": ACCOUNT, "done_amount": "150.50" if word == "in-force" else "", "done_currency": "USD"}
        answer = ann.post(f"/request/{id_}", bureau.say(id_, word, **TYPED, **more, **done))  # type: ignore[arg-type]
        assert answer.status_code == 303, answer.text
    have = bureau.have(id_)
    assert (have.theirs, str(have.done[0][1])) == (Theirs.IN_FORCE, "150.50 USD")
    assert "typed in: telephone" in ann.get(f"/request/{id_}").text
    assert ann.post(f"/request/{id_}", bureau.say(id_, "appeal", text="the holder says it is a wage")).status_code == 303
    assert [each["words"] for each in abe.get("/requests.json").json()["requests"]] == [["lift"]], "one person is enough to undo it"
    assert abe.post(f"/request/{id_}", bureau.say(id_, "lift", text="a wage indeed")).status_code == 303
    assert bureau.have(id_).mine is Mine.WITHDRAWN


def test_a_renewal_waits_for_agreement_anew_and_is_nobodys_oversight(bureau: Bureau) -> None:
    id_, (ann, abe, rita) = sent(bureau)
    for word, more in (("receive", {}), ("accept", {}), ("in-force", {"until": bureau.have(id_).asked_until or ""})):
        ann.post(f"/request/{id_}", bureau.say(id_, word, **TYPED, **more))  # type: ignore[arg-type]
    later = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    answer = ann.post(f"/request/{id_}", bureau.say(id_, "propose-renewal", until=later, text="the money has not gone back yet"))
    assert answer.status_code == 303, answer.text
    for browser, word in ((abe, "approve"), (rita, "review"), (ann, "renew")):
        assert [each["words"] for each in browser.get("/requests.json").json()["requests"]] == [[word]]
        assert browser.post(f"/request/{id_}", bureau.say(id_, word)).status_code == 303
    assert bureau.have(id_).asked_until == later


def test_an_old_form_is_refused_and_shows_what_happened_since(bureau: Bureau) -> None:
    ann, abe, rita = bureau.officer("Ann", "analyst"), bureau.officer("Abe", "approver"), bureau.officer("Rita", "reviewer", unit="two")
    id_ = bureau.drafted(ann)
    old = bureau.say(id_, "review", text="I read these words with care")
    abe.post(f"/request/{id_}", bureau.say(id_, "approve"))
    answer = rita.post(f"/request/{id_}", old)
    assert answer.status_code == 409
    assert answer.text.count("New since you looked:") == 1
    assert "I read these words with care" in answer.text


def test_the_words_on_the_page_are_those_of_the_rules(bureau: Bureau) -> None:
    ann, abe = bureau.officer("Ann", "analyst"), bureau.officer("Abe", "approver", "analyst")
    id_ = bureau.drafted(ann)
    assert ann.get(f"/request/{id_}.json").json()["words"] == ["edit", "withdraw"]
    assert "needs" not in ann.get(f"/request/{id_}.json").json()["closed"]
    assert abe.get(f"/request/{id_}.json").json()["words"] == ["edit", "approve", "send-back", "withdraw"]
    own = bureau.drafted(abe)
    assert "nobody agrees to what they drafted" in abe.get(f"/request/{own}.json").json()["closed"]["approve"]
    assert "What your roles could do, and why not now" in abe.get(f"/request/{own}").text


def test_steps_that_are_seldom_taken_by_hand_are_folded_away(bureau: Bureau) -> None:
    """Delivery by hand is the ordinary way until a letter was delivered; a refused step that was typed stays in sight."""
    ann, abe, rita = (
        bureau.officer("Ann", "analyst"),
        bureau.officer("Abe", "approver"),
        bureau.officer("Rita", "reviewer", unit="unit two"),
    )
    id_ = bureau.drafted(ann)
    for browser, word in ((abe, "approve"), (rita, "review"), (ann, "send")):
        assert browser.post(f"/request/{id_}", bureau.say(id_, word)).status_code == 303

    def folded() -> str:
        return ann.get(f"/request/{id_}").text.partition("<summary>Steps that are seldom")[2].partition("</details>")[0]

    assert 'value="remind"' in folded() and 'value="deliver"' not in folded()
    assert ann.post(f"/request/{id_}", bureau.say(id_, "deliver", text="handed over")).status_code == 303
    assert 'value="deliver"' in folded()
    refused = ann.post(f"/request/{id_}", [*bureau.say(id_, "remind")[:1], ("head", "0" * 64), ("text", "come on")])
    assert refused.status_code == 409 and "<details open><summary>Steps that are seldom" in refused.text


def test_an_edit_keeps_what_was_typed_and_takes_agreement_away(bureau: Bureau) -> None:
    ann, abe = bureau.officer("Ann", "analyst"), bureau.officer("Abe", "approver")
    id_ = bureau.drafted(ann)
    abe.post(f"/request/{id_}", bureau.say(id_, "approve"))
    page = ann.get(f"/request/{id_}/edit").text
    assert f'action="/request/{id_}/edit"' in page
    assert "the two payments" in page
    fields = [*bureau.fields(proportionality="the larger payment"), ("head", bureau.have(id_).head)]
    assert ann.post(f"/request/{id_}/edit", fields).status_code == 303
    assert (bureau.have(id_).approved, bureau.have(id_).request.proportionality) == ((), "the larger payment")
    again = ann.post(f"/request/{id_}/edit", fields)
    assert (again.status_code, "since you looked" in again.text) == (400, True)


def test_who_may_not_know_of_a_request_finds_nothing(bureau: Bureau) -> None:
    id_, _ = sent(bureau)
    low, admin = bureau.officer("Low", "analyst", clearance="AMBER"), bureau.officer("Boss", "administrator")
    for path in ("/requests", f"/request/{id_}", f"/request/{id_}.json", f"/api/v1/requests/{id_}", "/record"):
        assert admin.get(path).status_code == 403, path
        if path != "/record":
            assert low.get(path).status_code == 403, path
        assert bureau.client("127.0.0.1", {"Saksi-Purpose": "a test"}).get(path).status_code == 401, path
    ann = bureau.officer("Una", "analyst")
    assert ann.get(f"/request/{'0' * 32}").status_code == 404
    assert bureau.have(id_).request.nonce not in ann.get(f"/request/{id_}.json").text


def test_a_rescue_is_known_to_those_who_took_part_alone(bureau: Bureau) -> None:
    ann, ben, abe = bureau.officer("Ann", "analyst"), bureau.officer("Ben", "analyst"), bureau.officer("Abe", "approver")
    (bureau.real.files.path / "directory.toml").write_text(
        '[[recipient]]\nid = "aid-b"\nparty = "aid"\nname = "Aid B (synthetic)"\naddress = "desk@aid.b.example"\n', encoding="utf-8"
    )
    id_ = bureau.drafted(
        ann, kind="rescue", to="aid-b", entity=VICTIM, target=VICTIM, amount="", currency="", until="", living_costs="",
        holder_language="", consent=bureau.ground(VICTIM), ground=bureau.ground(VICTIM), urgency="danger",
    )  # fmt: skip
    assert (ann.get(f"/request/{id_}").status_code, abe.get(f"/request/{id_}").status_code) == (200, 200)
    assert ben.get(f"/request/{id_}").status_code == ben.post(f"/request/{id_}/pack").status_code == 404
    assert ben.post(f"/request/{id_}", bureau.say(id_, "send")).status_code == 404
    assert ben.get("/requests.json?show=ended").json()["requests"] == ben.get("/requests.json").json()["requests"] == []


FOUR = ("ours", "waiting", "in-force", "ended")


def lists(browser: Browser) -> dict[str, list[str]]:
    """What each of the lists holds for this person."""
    return {show: [each["id"] for each in browser.get(f"/requests.json?show={show}").json()["requests"]] for show in SHOWN}


def test_every_request_is_in_just_one_of_four_lists_for_whoever_may_see_it(bureau: Bureau) -> None:
    ann, abe, rita = (
        bureau.officer("Ann", "analyst"),
        bureau.officer("Abe", "approver"),
        bureau.officer("Rita", "reviewer", unit="unit two"),
    )
    odo = bureau.officer("Odo", "auditor")
    id_ = bureau.drafted(ann)

    def stands(where: str) -> None:
        for browser in (ann, abe, rita, odo):
            held = lists(browser)
            assert [show for show in FOUR if id_ in held[show]] == [where]
        assert lists(odo)["mine"] == []

    stands("ours")
    assert id_ not in lists(ann)["mine"], "she has done her part"
    assert odo.get("/requests").text == odo.get("/requests?show=ours").text, "an auditor begins where something stands"
    assert "drafted" in odo.get("/requests").text
    assert abe.post(f"/request/{id_}", bureau.say(id_, "approve")).status_code == 303
    assert rita.post(f"/request/{id_}", bureau.say(id_, "review")).status_code == 303
    stands("ours")
    assert ann.post(f"/request/{id_}", bureau.say(id_, "send")).status_code == 303
    stands("waiting")
    done = {"done_entity": ACCOUNT, "done_amount": "150.50", "done_currency": "USD"}
    for word, more in (("receive", {}), ("accept", {}), ("in-force", {"until": bureau.have(id_).asked_until or "", **done})):
        assert ann.post(f"/request/{id_}", bureau.say(id_, word, **TYPED, **more)).status_code == 303  # type: ignore[arg-type]
    stands("in-force")
    page = ann.get("/requests?show=in-force").text
    assert "ends by itself" in page
    with pytest.MonkeyPatch.context() as later:  # a week on, nobody has said anything
        later.setattr("saksi.app.requesting.office.now_text", lambda: f"{datetime.now(UTC) + timedelta(days=8):%Y-%m-%dT%H:%M:%SZ}")
        stands("ended")
        assert "ended by itself" in ann.get("/requests?show=ended").text


def test_lists_go_on_page_by_page(bureau: Bureau) -> None:
    ann = bureau.officer("Ann", "analyst")
    plain = {"kind": "verify", "until": "", "living_costs": "", "holder_language": "", "amount": "", "currency": ""}
    ids = {bureau.drafted(ann, **plain) for _ in range(5)}
    told = {"Cookie": ann._cookie()["Cookie"]}
    for show in ("mine", "ended"):
        seen, cursor = [], ""
        while cursor is not None:
            page = ann.client.get(f"/api/v1/requests?show={show}&purpose=work&limit=2{f'&cursor={cursor}' if cursor else ''}", headers=told)
            seen += [each["id"] for each in page.json()["requests"]]
            cursor = page.json()["next"]
        assert (sorted(seen), len(seen)) == (sorted(ids), 5)
        for each in ids if show == "mine" else ():
            assert ann.post(f"/request/{each}", bureau.say(each, "withdraw", text="not needed")).status_code == 303
    assert ann.client.get("/api/v1/requests", headers=told).json()["type"] == "/problems/purpose-needed"
    assert ann.get("/requests?show=nonsense").status_code == 400
    assert ann.get("/requests?cursor=nonsense").status_code == 400


def test_the_form_of_a_request_and_its_notice_are_data_too(bureau: Bureau) -> None:
    ann = bureau.officer("Ann", "analyst")
    told = ann.get(new(PHONE).replace("/new?", "/new.json?")).json()["draft"]
    assert [each["entity"] for each in told["body"]["targets"]] == [PHONE]
    assert {"found", "against", "favour", "hand"} < told.keys()
    id_ = bureau.drafted(ann)
    edit = ann.get(f"/request/{id_}/edit.json").json()
    assert (edit["head"], edit["draft"]["body"]["kind"]) == (bureau.real.book.history(id_).head, "hold")
    audra = bureau.officer("Audra", "auditor")
    for path in ("/request/new.json", f"/request/{id_}/edit.json"):
        assert audra.get(path).status_code == 403
        assert bureau.with_key(Role.READER, Tlp.RED).get(path).status_code == 403


def test_the_pack_of_a_request_holds_and_its_making_is_logged(bureau: Bureau) -> None:
    id_, (ann, *_) = sent(bureau)
    size = bureau.real.ledger.size
    assert ann.get(f"/request/{id_}/pack").status_code == 405, "a pack is logged: no link makes one"
    answer = ann.post(f"/request/{id_}/pack")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert pack.testzip() is None
        assert id_ in pack.read("manifest.json").decode()
    assert bureau.real.ledger.size == size + 1
    assert not list(bureau.desk.spool.iterdir())


def test_the_record_shows_no_speed_without_what_was_wrong_and_nothing_small(bureau: Bureau) -> None:
    id_, (ann, *_) = sent(bureau)
    page = ann.get("/record").text
    assert page.index("Hours wrongly held") < page.index("Decided after")
    assert "fewer than 5" in page
    assert people_of(bureau).register.named("Ann").id not in page
    (head, *rows) = csv.reader(io.StringIO(ann.get("/record.csv").text))
    assert head[:3] == ["party", "side", "kind"]
    assert {row[3] for row in rows} == {""}
    told = ann.get("/record.json").json()
    assert told["money"] == [{"currency": "USD", "reported": None, "asked": None, "held": "0", "returned": "0"}]
    assert told["at"] == bureau.real.book.size
    (head, row) = csv.reader(io.StringIO(ann.get("/record.csv?table=units").text)) if told["units"] else (["unit"], [])
    assert head[0] == "unit"
    assert row[1:3] == ["" if each is None else str(each) for unit in told["units"] for each in (unit["waits"], unit["overdue"])]
    assert id_ not in json.dumps(told)


def test_the_record_adds_up_what_reports_say_was_lost(bureau: Bureau, tmp_path: Path) -> None:
    """Five reports in one currency are enough to be shown; a report that was withdrawn counts no more."""
    path = tmp_path / "more.csv"
    head = "reference,reported_at,country,scam_phone,amount,currency,synthetic"
    path.write_text("\n".join([head, *(f"L-{n},2026-02-03,KH,012345678,{n}.25,USD,true" for n in range(1, 5))]), encoding="utf-8")
    bureau.real.take_file(Order(path, path.name))
    ann = bureau.officer("Ann", "analyst")
    assert [each["reported"] for each in ann.get("/record.json").json()["money"]] == ["161.50"]
    assert "161.50" in ann.get("/record").text
    (head, row) = csv.reader(io.StringIO(ann.get("/record.csv?table=money").text))
    assert dict(zip(head, row, strict=True)) == {
        "currency": "USD", "reported": "161.50", "asked": "0", "held": "0", "returned": "0", "ledger_size": str(bureau.real.book.size),
    }  # fmt: skip
    assert 'href="/record.csv?table=money"' in ann.get("/record").text
    assert ann.get("/record.csv?table=people").status_code == 400
    bureau.real.amend(bureau.ground("report:centre.a.example/L-4", "record"), Change(Op.RETRACT, "told by mistake"))
    assert [each["reported"] for each in ann.get("/record.json").json()["money"]] == ["157.25"]


def test_the_record_has_no_hours_of_what_holds_nothing(bureau: Bureau) -> None:
    ann = bureau.officer("Ann", "analyst")
    id_ = bureau.drafted(ann, kind="verify", amount="", currency="", until="", living_costs="", holder_language="")
    assert ann.post(f"/request/{id_}", bureau.say(id_, "send")).status_code == 303
    rows = ann.get("/record").text.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    assert [row.split("<td>")[3].partition("</td>")[0] for row in rows] == ["–"] * 2


def test_a_key_is_no_person(bureau: Bureau) -> None:
    for role in Role:
        client = bureau.with_key(role, Tlp.RED)
        for path in ("/api/v1/requests", f"/api/v1/requests/{'0' * 32}", "/api/v1/yardstick"):
            assert client.get(path).status_code == 403, (role, path)
        assert client.post("/api/v1/requests", json=dict(samples.BODY)).status_code == 403
        assert client.post(f"/api/v1/requests/{'0' * 32}/steps", json=dict(samples.STEP)).status_code == 403


@pytest.mark.parametrize(
    ("example", "shape"),
    [
        (samples.BODY, RequestBody),
        (samples.STEP, StepBody),
        (samples.ANSWER, RequestAnswer),
        (samples.LISTED, RequestsAnswer),
        (samples.MEASURES, MeasuresAnswer),
    ],
)
def test_an_example_has_its_shape(bureau: Bureau, example: object, shape: type) -> None:
    assert msgspec.json.decode(msgspec.json.encode(example), type=shape)
    assert shape.__name__ in json.dumps(msgspec.to_builtins(document(requesting_routes(SITE, bureau.real), title="a test")["paths"]))


@pytest.mark.parametrize("role", PERSONS)
def test_the_first_page_after_signing_in_is_one_that_the_role_has(bureau: Bureau, role: Post) -> None:
    answer = (browser := bureau.officer("Someone", role.value)).get("/")  # where signing in leads to
    if answer.status_code == 303:
        answer = browser.get(answer.headers["location"])
    assert answer.status_code == 200, answer.text
    assert ("/admin/people" in answer.text) is (role is Post.ADMINISTRATOR)


def test_a_refusal_sends_an_administrator_neither_in_a_circle_nor_to_themselves(bureau: Bureau) -> None:
    boss = bureau.officer("Boss", "administrator")
    for path in ("/search?text=abc&purpose=x", "/?q=012345678"):
        refused = boss.get(path)
        assert refused.status_code == 403
        assert "ask another administrator" in refused.text
        assert "Ask the node" not in refused.text
        assert '<a class="btn" href="/admin">' in refused.text
        assert 'href="/">Back' not in refused.text
        assert 'role="search"' not in refused.text, "there is nothing to look up for them"
    analyst = bureau.officer("Ann", "analyst").get("/admin").text
    assert "administrator for the role" in analyst
    assert '<a class="btn" href="/">' in analyst


PAPER = {"via": "paper", "checked": "called back"}
LETTER = b"%PDF-1.7 we have your letter (synthetic)"


def test_an_answer_is_typed_from_a_letter_that_is_kept_with_it(bureau: Bureau) -> None:
    id_, (ann, _, _) = sent(bureau)
    assert 'enctype="multipart/form-data"' in ann.get(f"/request/{id_}").text
    answered = ann.send(f"/request/{id_}", bureau.say(id_, "receive", **PAPER), ("letter", ("scan.pdf", LETTER)))
    assert answered.status_code == 303, answered.text
    digest = sha256(LETTER).hexdigest()
    assert bureau.have(id_).theirs is Theirs.RECEIVED
    address = f"/request/{id_}/letter/{digest}"
    assert address in ann.get(f"/request/{id_}").text
    got = ann.get(address)
    assert (got.content, got.headers["content-type"]) == (LETTER, "application/octet-stream")
    assert "sandbox" in got.headers["content-security-policy"]
    assert ann.get(f"/request/{id_}/letter/{'0' * 64}").status_code == 404
    assert bureau.officer("Low", "analyst", clearance="AMBER").get(address).status_code == 403
    body = {**dict(bureau.say(id_, "accept", **PAPER)), "letter": b64encode(LETTER).decode()}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in ann.cookies.items()), "Origin": ann.origin}
    taken = ann.client.post(f"/api/v1/requests/{id_}/steps", json=body, headers=headers)
    assert (taken.status_code, bureau.have(id_).theirs) == (201, Theirs.ACCEPTED), taken.text
    bureau.real.erase(bureau.real.plan_erasure(f"request:{id_}"), ground="a test")
    assert bureau.real.shelf.original(bytes.fromhex(digest)) is None, "what came goes with the request that it is about"


def test_a_letter_of_another_request_is_not_there(bureau: Bureau) -> None:
    id_, (ann, _, _) = sent(bureau)
    ann.send(f"/request/{id_}", bureau.say(id_, "receive", **PAPER), ("letter", ("scan.pdf", LETTER)))
    assert ann.get(f"/request/{bureau.drafted(ann)}/letter/{sha256(LETTER).hexdigest()}").status_code == 404


def test_a_letter_that_cannot_be_kept_is_refused_and_what_was_typed_stays(bureau: Bureau) -> None:
    id_, (ann, _, _) = sent(bureau)
    size = bureau.real.ledger.size
    receive = bureau.say(id_, "receive", **PAPER)
    one = ("letter", ("a", b"the letter"))
    for fields, files, word in (
        (receive, [("letter", ("a", b"x" * ((5 << 20) + 1)))], "at most 5 MB"),
        ([*receive, ("evidence", "e" * 64)], [one], "not the one that the digest names"),
        (receive, [("letter", ("a", b""))], "is not empty"),
        (receive, [one, one], "one file goes with it"),
        (bureau.say(id_, "withdraw", text="w"), [one], "goes with an answer"),
        ([*receive, ("strange", "1")], [one], "no such field"),
        (receive, [], "name the letter or mail"),
    ):
        refused = ann.send(f"/request/{id_}", fields, *files)
        assert refused.status_code in {400, 413}, word
        assert word in refused.text, refused.text
    for data, more in ((b"the letter", [("evidence", "e" * 64)]), (b"x" * (6 << 20), []), (b"", [])):
        stays = ann.send(f"/request/{id_}", [*receive, *more], ("letter", ("a", data))).text
        assert 'value="called back"' in stays
        assert "Choose it again" in stays
    assert bureau.real.ledger.size == size
