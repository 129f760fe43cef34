"""Rounds of the courier on a real node: what the ledger decided leaves once, what came of it is logged, whatever dies in between."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from time import sleep

import pytest
from post_office import (
    ANALYST,
    APPROVER,
    BUSY,
    CONFIG,
    DIRECTORY,
    Desk,
    Server,
    act,
    courier,
    drop,
    opened,
    plain_letters,
    reply,
    sent,
    server,
    words,
)

from saksi.actions import History, Kind, Mine, Theirs, Word
from saksi.app.cli import main
from saksi.app.home import Home
from saksi.app.node import Node
from saksi.app.posting import rounds as rounds_of
from saksi.app.posting.loop import posting
from saksi.app.posting.rounds import Courier
from saksi.app.posting.setting import means_of, post_check
from saksi.cases.board import Board
from saksi.exchange.deliver import packed
from saksi.exchange.smtp import Handed
from saksi.ledger.checkpoint import Checkpoint
from saksi.model import BadInput

TYPED = {"via": "phone", "checked": "called back on the number of the directory"}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    plain_letters(monkeypatch)
    made = opened(tmp_path)
    yield made
    made.close()


def test_a_request_that_was_sent_leaves_and_its_delivery_is_logged(node: Node) -> None:
    have, post = sent(node), Server()
    assert courier(node, post).round(now()).taken == 1
    assert [each.recipient for each in post.met] == ["abuse@telco.b.example"]
    assert node.book.history(have.request.id).delivered_at is not None
    step = node.book.steps(have.request.id)[-1].step
    assert (step.word, step.person, step.via, step.text) == (Word.DELIVER, "courier", "mail", "250 OK")
    rounds = courier(node, post)
    for _ in range(3):
        rounds.round(now())
    assert len(post.met) == 1
    assert words(node, have).count("deliver") == 1


def test_what_was_only_drafted_stays_here(node: Node) -> None:
    from post_office import plan

    post = Server()
    node.draft(plan(node), ANALYST)
    courier(node, post).round(now())
    assert post.met == []


@pytest.mark.parametrize("dies_at", ["put", "begun", "hand", "sent", "carry", "told"])
def test_a_process_that_dies_anywhere_sends_the_same_letter_and_logs_it_once(
    node: Node, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    """Each effect of a round is followed by a death; then another process makes its rounds."""
    have, post = sent(node), Server()
    rounds = courier(node, post)
    where: object = {"hand": rounds, "carry": node}.get(dies_at, node.outbox)
    true = post if dies_at == "hand" else getattr(where, dies_at)

    def dies(*given: object, **named: object) -> Handed:
        true(*given, **named)
        raise SystemExit

    monkeypatch.setattr(where, dies_at, dies)
    with pytest.raises(SystemExit):
        rounds.round(now())
    monkeypatch.undo()
    node.close()
    again = Node(node.files, node.config)
    courier(again, post).round(now())
    courier(again, post).round(now() + timedelta(minutes=3))
    assert len({each.data for each in post.met}) == 1, "one letter, to the byte"
    assert 1 <= len(post.met) <= 2
    assert words(again, have).count("deliver") == 1
    again.close()


def test_a_letter_that_cannot_be_made_is_told_once_as_undelivered(node: Node) -> None:
    have, post = sent(node), Server()
    (node.files.path / "directory.toml").write_text(DIRECTORY.replace("abuse@", "other@"), encoding="utf-8")
    rounds = courier(node, post)
    for _ in range(3):
        rounds.round(now())
    assert (post.met, words(node, have).count("bounce")) == ([], 1)
    assert "says something else" in (node.book.steps(have.request.id)[-1].step.text or "")


def test_a_server_that_says_no_is_a_bounce_and_one_that_is_down_is_waited_for(node: Node) -> None:
    have, post = sent(node), Server(BUSY, Handed(taken=False, again=False, said="550 no such user"))
    rounds = courier(node, post)
    rounds.round(now())
    assert words(node, have)[-1] == "send"
    rounds.round(now() + timedelta(minutes=3))
    assert words(node, have)[-1] == "bounce"
    rounds.round(now() + timedelta(minutes=30))
    assert len(post.met) == 2


def test_what_was_delivered_another_way_is_not_mailed_too(node: Node) -> None:
    have, post = sent(node), Server()
    act(node, have, Word.DELIVER, text="handed over on paper", via="paper")
    courier(node, post).round(now())
    assert post.met == []


def test_what_was_withdrawn_before_it_left_never_leaves(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Server()
    have = sent(node)
    act(node, have, Word.WITHDRAW, text="a mistake")
    courier(node, post).round(now())
    have = sent(node)
    monkeypatch.setattr(node.outbox, "due", lambda *_: [])
    courier(node, post).round(now())
    monkeypatch.undo()
    assert len(node.outbox.thread(have.request.id)) == 1, "in the outbox, and nobody has tried"
    act(node, have, Word.WITHDRAW, text="a mistake")
    act(node, have, Word.LIFT, APPROVER, text="wrong too")
    courier(node, post).round(now())
    assert post.met == []


def test_where_a_try_was_begun_the_recipient_is_told_that_it_is_withdrawn(node: Node) -> None:
    have, post = sent(node), Server()
    courier(node, Server(BUSY)).round(now())
    act(node, have, Word.WITHDRAW, text="a mistake")
    courier(node, post).round(now() + timedelta(minutes=5))
    assert len(post.met) == 2


@pytest.mark.parametrize(("word", "actor"), [(Word.WITHDRAW, ANALYST), (Word.LIFT, APPROVER)])
def test_a_lifting_and_a_withdrawal_reach_the_recipient_in_the_thread_and_keep_their_ground(node: Node, word: Word, actor: object) -> None:
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    act(node, have, Word.APPEAL) if word is Word.LIFT else None
    act(node, have, word, actor, text="the witness Q. was wrong")  # type: ignore[arg-type]
    rounds.round(now())
    rounds.round(now())
    first, second = post.met
    assert message_from_bytes(second.data)["In-Reply-To"] == first.id
    assert b"witness" not in second.data
    assert node.book.history(have.request.id).mine is Mine.WITHDRAWN


def test_whoever_is_late_is_reminded_twice_and_then_a_person_is_told(node: Node) -> None:
    have, post = sent(node), Server()
    rounds, at = courier(node, post), now()
    rounds.round(at)
    for minutes in range(0, 60 * 12, 10):
        rounds.round(at + timedelta(minutes=minutes))
    course = words(node, have)
    assert [word for word in course if word in {"remind", "escalate"}] == ["remind", "remind", "escalate"]
    assert len(post.met) == 3
    late = [each.step for each in node.book.steps(have.request.id) if each.step.word is Word.REMIND]
    assert (late[1].at > late[0].at, "overdue since" in (late[0].text or "")) == (True, True)


def test_nobody_is_reminded_who_answered_or_was_never_reached(node: Node) -> None:
    have, post = sent(node, kind=Kind.PRESERVE, until=None, holder_language=None), Server(Handed(taken=False, again=False, said="550 no"))
    rounds, at = courier(node, post), now()
    for hours in range(30):
        rounds.round(at + timedelta(hours=hours))
    assert words(node, have)[-1] == "bounce"
    other = sent(node, kind=Kind.PRESERVE, until=None, holder_language=None)
    act(node, other, Word.DELIVER, via="paper", text="by hand")
    act(node, other, Word.RECEIVE, **TYPED)
    act(node, other, Word.REFUSE, reason="not-ours", **TYPED)
    for hours in range(30):
        rounds.round(at + timedelta(hours=hours))
    assert words(node, other)[-1] == "refuse"


def test_a_printed_letter_that_is_late_is_told_to_a_person(node: Node) -> None:
    have = sent(node)
    act(node, have, Word.DELIVER, via="paper", text="by hand")
    printing = Courier(node, None)
    for hours in range(12):
        printing.round(now() + timedelta(hours=hours))
    assert words(node, have)[-2:] == ["deliver", "escalate"]


def test_what_ended_by_itself_is_told_to_a_person_once(node: Node) -> None:
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    for word in (Word.RECEIVE, Word.ACCEPT):
        act(node, have, word, **TYPED)
    act(node, have, Word.ENFORCE, until=have.request.until, **TYPED)
    for days in (19, 21, 22, 23):
        rounds.round(now() + timedelta(days=days))
    assert words(node, have)[-2:] == ["in-force", "escalate"]


def test_a_bounce_that_comes_back_later_moves_our_own_clock_alone(node: Node) -> None:
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    (mail,) = post.met
    notice = (
        b"From: MAILER-DAEMON@telco.b.example\r\nTo: requests@centre.a.example\r\nAuto-Submitted: auto-replied\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; telco.b.example\r\n\r\n"
        b"Final-Recipient: rfc822; abuse@telco.b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: " + mail.id.encode() + b"\r\n\r\n--b--\r\n"
    )
    drop(node, notice.replace(mail.id.encode(), b"<guessed@centre.a.example>"), "1")
    rounds.round(now())
    assert words(node, have)[-1] == "deliver", "a forged one, about a mail that is not ours"
    drop(node, notice, "2")
    rounds.round(now())
    rounds.round(now())
    assert words(node, have)[-1] == "bounce"
    stood = node.book.history(have.request.id)
    assert (stood.theirs, stood.bounced_at is not None) == (Theirs.SILENT, True)
    assert node.tray.waiting() == 0


def test_answers_wait_and_move_nothing_and_loops_are_noted(node: Node) -> None:
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    (mail,) = post.met
    drop(node, reply(mail, "ANSWER: DONE"), "1")
    drop(node, reply(mail, "We are closed.").replace(b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:"), "2")
    drop(node, mail.data, "3")
    drop(node, b"\x00\x01 no mail at all", "4")
    rounds.round(now())
    waits = node.tray.listed()
    assert {(each.request, each.reason) for each in waits} == {(have.request.id, "answer"), (None, None)}
    assert {each.reason for each in node.tray.listed("noted")} == {"automatic", "our own mail coming back"}
    assert words(node, have)[-1] == "deliver"
    assert node.book.history(have.request.id).theirs is Theirs.SILENT


def test_a_mail_that_was_kept_by_a_process_that_died_is_judged_by_the_next(node: Node) -> None:
    _, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    drop(node, reply(post.met[0], "ANSWER: ACCEPT"))
    taken = node.mailbox.take(now())
    next(taken)  # the file is gone from the drop folder, and nobody has judged it
    assert node.tray.waiting() == 0
    courier(node, post).round(now())
    assert node.tray.waiting() == 1


def test_a_step_that_was_logged_by_a_process_that_died_settles_its_answer(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    drop(node, reply(post.met[0], "ANSWER: RECEIVED"))
    rounds.round(now())
    (item,) = node.tray.listed()
    with monkeypatch.context() as patch:
        patch.setattr(node.tray, "logged", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            act(node, have, Word.RECEIVE, via="mail", evidence=item.digest, checked="called back")
    assert node.tray.waiting() == 1
    courier(node, post).round(now())
    assert (node.tray.waiting(), node.mailbox.kept()) == (0, ())
    assert words(node, have)[-1] == "receive"


def test_a_round_that_fails_loses_no_mail(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    _, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    drop(node, reply(post.met[0], "ANSWER: ACCEPT"))
    with monkeypatch.context() as patch:
        patch.setattr(node.tray, "put", lambda *_: (_ for _ in ()).throw(OSError("no room")))
        with pytest.raises(OSError, match="no room"):
            rounds.round(now())
    rounds.round(now())
    assert node.tray.waiting() == 1


def test_a_letter_that_breaks_the_maker_holds_up_no_other(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, post = sent(node), sent(node), Server()
    true = rounds_of.put_all

    def breaks(course: list[tuple[object, History]], *given: object, **named: object) -> None:
        if course[-1][1].request.id == first.request.id:
            raise RuntimeError("the maker")
        true(course, *given, **named)  # type: ignore[arg-type]

    rounds = courier(node, post)
    with monkeypatch.context() as patch:
        patch.setattr(rounds_of, "put_all", breaks)
        rounds.round(now())
    assert [each.request for each in post.met] == [second.request.id]
    rounds.round(now())
    assert [each.request for each in post.met] == [second.request.id, first.request.id]


def test_a_step_that_rests_on_an_answer_takes_it_into_the_vault_and_an_erasure_takes_all(node: Node) -> None:
    have, post = sent(node), Server()
    rounds = courier(node, post)
    rounds.round(now())
    drop(node, reply(post.met[0], "ANSWER: RECEIVED"))
    rounds.round(now())
    (item,) = node.tray.listed()
    act(node, have, Word.RECEIVE, via="mail", evidence=item.digest, checked="called back")
    assert node.mailbox.kept() == ()
    assert node.tray.get(item.digest).state == "logged"
    assert b"ANSWER: RECEIVED" in (node.came(node.tray.get(item.digest)) or b"")
    drop(node, reply(post.met[0], "and one more"), "2")
    rounds.round(now())
    name = f"request:{have.request.id}"
    assert node.holds(name)
    node.erase(node.plan_erasure(name), ground="asked for by the person")
    assert node.book.ids() == []
    assert node.outbox.requests("") == ()
    assert (node.mailbox.kept(), node.tray.requests()) == ((), set())
    assert node.shelf.original(bytes.fromhex(item.digest)) is None
    rounds.round(now())
    assert len(post.met) == 1


def test_an_erasure_that_a_crash_cut_short_is_finished_by_the_next_round(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    have, post = sent(node), Server()
    courier(node, post).round(now())
    monkeypatch.setattr(node, "forget_erased", lambda: None)
    node.erase(node.plan_erasure(f"request:{have.request.id}"), ground="asked for")
    monkeypatch.undo()
    assert node.outbox.requests("") == (have.request.id,)
    courier(node, post).round(now())
    assert node.outbox.requests("") == ()


def test_a_real_server_gets_the_letter_beside_a_node_that_is_served(tmp_path: Path) -> None:
    desk = Desk()
    with server(desk) as port:
        node = opened(tmp_path, smtp=f"127.0.0.1:{port}")
        have = sent(node)
        with posting(node, each=0.2):
            until = now() + timedelta(seconds=60)
            while not node.book.history(have.request.id).delivered_at and now() < until:
                sleep(0.1)
        assert words(node, have)[-1] == "deliver"
        node.close()
    (met,) = desk.met
    assert met.rcpt_tos == ["abuse@telco.b.example"]


def test_what_came_in_is_on_the_desk_before_anybody_looks(node: Node) -> None:
    before = Board(node.files.path / "board.sqlite", origin=node.config.origin)
    assert before.size == 0
    with posting(node, each=0.1):
        until = now() + timedelta(seconds=60)
        while before.size != node.views.size and now() < until:
            sleep(0.05)
    assert before.size == node.views.size > 0
    before.close()


def test_a_node_says_whether_it_mails_or_prints(tmp_path: Path, node: Node) -> None:
    files = node.files
    assert post_check(files, CONFIG).ok
    assert "the node's own key" in post_check(files, CONFIG).said
    bare = replace(CONFIG, mail="", place="", phone="", directory="", smtp="")
    assert (post_check(files, bare).ok, "printed, not mailed" in post_check(files, bare).said) == (True, True)
    half = post_check(files, replace(CONFIG, phone=""))
    assert (half.ok, half.said) == (False, "requests are printed, not mailed: phone is not set")
    with pytest.raises(BadInput, match="printed, not mailed"):
        means_of(files, bare, now())
    for wrong in ({"smtp": "mail"}, {"smtp_tls": "none"}, {"smtp": "mail.a.example:25"}, {"directory": "none.toml"}, {"mailbox": "none"}):
        assert not post_check(files, replace(CONFIG, **wrong)).ok, wrong  # type: ignore[arg-type]
    assert not post_check(Home(tmp_path / "elsewhere"), replace(CONFIG, seal="seal.pem")).ok


def said(node: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *told: str) -> tuple[str, int]:
    monkeypatch.setattr(sys, "argv", ["saksi", "--home", str(node.files.path), *told])
    with pytest.raises(SystemExit) as end:
        main()
    return capsys.readouterr().out, int(end.value.code or 0)


def test_the_command_line_makes_a_round_lists_what_is_late_and_writes_letters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    with server(desk) as port:
        node = opened(tmp_path, smtp=f"127.0.0.1:{port}")
        have = sent(node)
        size = node.ledger.size + 1  # the round logs that the mail was taken
        node.close()
        out, code = said(node, capsys, monkeypatch, "post", "--json")
        assert (code, json.loads(out)["taken"], len(desk.met)) == (0, 1, 1)
        assert "0 mails taken" in said(node, capsys, monkeypatch, "post")[0]
    assert said(node, capsys, monkeypatch, "request", "list", "--overdue") == ("", 1)
    monkeypatch.setattr("saksi.app.home.now_text", lambda: "2099-01-01T00:00:00Z")
    assert have.request.id in said(node, capsys, monkeypatch, "request", "list", "--overdue")[0]
    seen: list[Checkpoint] = []
    monkeypatch.setattr("saksi.exchange.deliver.packed", lambda *told, **more: seen.append(more["seen"]) or packed(*told, **more))
    out, code = said(node, capsys, monkeypatch, "request", "letter", have.request.id, "--out", str(tmp_path / "out"))
    assert code == 0
    assert (seen[0].origin, seen[0].size) == (node.config.origin, size)
    assert [path.suffix for path in sorted((tmp_path / "out").iterdir())] == [".pdf", ".p7s", ".json", ".json"]
    monkeypatch.setenv("SAKSI_SMTP", "")
    assert "printed, not mailed: smtp is not set" in said(node, capsys, monkeypatch, "post")[0]
