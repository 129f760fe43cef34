"""Mail that comes in: matched, doubted, kept, and never more than proposed to an officer. A forged mail gets no further."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from post import BANK, HOLD, NOW, SENT, letter

from saksi.actions import Word
from saksi.exchange.answer import Proposal, Sort, proposed
from saksi.exchange.incoming import incoming
from saksi.exchange.mailbox import Mailbox
from saksi.exchange.message import mail
from saksi.exchange.notice import bounce, notices
from saksi.exchange.outbox import Outbox
from saksi.ledger.disk import LocalDisk
from saksi.model import BadInput

SERVER = "mx.centre.a.example"
GENUINE = f"{SERVER}; dkim=pass header.d=bank.b.example; spf=pass smtp.mailfrom=bank.b.example; dmarc=pass"
MAIL = mail(letter(), [], at=SENT)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.sqlite")
    made.put(MAIL, SENT, "2026-06-01T10:00:00Z")
    made.sent(MAIL.id, SENT, "250 OK")
    yield made
    made.close()


def answer(text: str = "ANSWER: ACCEPT\nKind regards", **headers: str) -> bytes:
    made = EmailMessage()
    named = {
        "Authentication-Results": GENUINE, "From": f"Fraud desk <{BANK.address}>", "To": "requests@centre.a.example",
        "Subject": "Re: request",
        "Message-ID": "<1@bank.b.example>", "In-Reply-To": MAIL.id, **{name.replace("_", "-"): text for name, text in headers.items()},
    }  # fmt: skip
    for name, value in named.items():
        if value:
            made[name] = value
    made.set_content(text)
    return made.as_bytes()


def judged(data: bytes, outbox: Outbox) -> Proposal:
    return proposed(incoming(data), outbox, BANK, server=SERVER)


def test_a_genuine_answer_is_proposed_without_a_doubt(outbox: Outbox) -> None:
    data = answer()
    made = judged(data, outbox)
    assert (made.sort, made.word, made.warnings) == (Sort.ANSWER, Word.ACCEPT, ())
    assert made.about is not None
    assert (made.about.request, made.about.by) == (HOLD.id, "its thread")
    assert made.digest == sha256(data).hexdigest()
    assert made.claims == f"Fraud desk, {BANK.address}"
    assert made.callback == BANK.callback
    assert dict(made.checks) == {"dkim": "pass", "spf": "pass", "dmarc": "pass"}


def test_no_answer_changes_anything(outbox: Outbox) -> None:
    before = (outbox.untold(), outbox.get(MAIL.id))
    judged(answer(), outbox)
    assert (outbox.untold(), outbox.get(MAIL.id)) == before


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("ANSWER: REFUSE not-ours\n", Word.REFUSE, "not-ours"),
        ("answer：done\n", Word.DONE, None),
        ("ANSWER: REFUSE because\n", Word.REFUSE, None),
        ("We accept.\n", None, None),
        ("ANSWER: ACCEPT\nANSWER: REFUSE rights\n", None, None),
        ("thanks\n> ANSWER: ACCEPT\n> ANSWER: REFUSE <reason>\n", None, None),
        ("ANSWER: PART\n> ANSWER: ACCEPT\n", Word.PART, None),
    ],
)
def test_the_word_is_that_of_the_form_or_none(outbox: Outbox, text: str, word: Word | None, reason: str | None) -> None:
    made = judged(answer(text), outbox)
    assert (made.word, made.reason) == (word, reason)


@pytest.mark.parametrize(
    ("headers", "warning"),
    [
        ({"From": "Bank B <fraud@bank.b.evil.example>"}, "not from the directory's address"),
        ({"From": "Bank B <ceo@bank.b.example>"}, "another than the one known"),
        ({"From": f"a@b.example, {BANK.address}"}, "several senders"),
        ({"From": ""}, "not from the directory's address"),
        ({"Reply_To": "other@evil.example"}, "would go elsewhere: other@evil.example"),
        ({"Authentication_Results": ""}, "says nothing of whether its sender is genuine"),
        ({"Authentication_Results": "mx.evil.example; dkim=pass; spf=pass; dmarc=pass"}, "says nothing of whether its sender is genuine"),
        ({"Authentication_Results": f"{SERVER}; dkim=fail; spf=pass; dmarc=fail"}, "DKIM does not vouch for it: fail"),
        ({"Authentication_Results": f"{SERVER}; spf=pass"}, "DMARC does not vouch for it: none"),
        ({"In_Reply_To": "", "Subject": "Re: SK-0123-4567-89AB"}, "which others can know too"),
        ({"Subject": "Our new account number"}, "make sure by telephone"),
    ],
)
def test_what_is_forged_or_odd_is_doubted(outbox: Outbox, headers: dict[str, str], warning: str) -> None:
    assert any(warning in each for each in judged(answer(**headers), outbox).warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Please use a different IBAN.",
        "the bank details have changed",
        "log in here",
        "กรุณาใช้บัญชีใหม่",
        "សូមប្រើគណនីថ្មី",
        "send answers to another address",
    ],
)
def test_a_wish_to_move_money_or_mail_is_doubted(outbox: Outbox, text: str) -> None:
    assert any("make sure by telephone" in each for each in judged(answer(text), outbox).warnings)


def test_a_file_that_can_run_is_named(outbox: Outbox) -> None:
    made = EmailMessage()
    made["From"], made["In-Reply-To"], made["Message-ID"] = BANK.address, MAIL.id, "<2@bank.b.example>"
    made.set_content("see the file")
    made.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="answer.pdf.\u202eexe")
    found = judged(made.as_bytes(), outbox)
    assert any("can hold a program" in each for each in found.warnings)
    assert found.files == ("answer.pdf.[U+202E]exe",)


def test_a_mail_about_nothing_of_ours_is_said_to_be_so(outbox: Outbox) -> None:
    made = judged(answer(In_Reply_To="<forged@evil.example>", Subject="SK-FFFF-0000-1111"), outbox)
    assert (made.sort, made.about, made.word) == (Sort.UNKNOWN, None, None)


def test_loops_are_seen(outbox: Outbox) -> None:
    assert judged(MAIL.data, outbox).sort is Sort.OURS
    absent = judged(answer("ANSWER: ACCEPT", Auto_Submitted="auto-replied (vacation)"), outbox)
    assert (absent.sort, absent.word) == (Sort.AUTOMATIC, None)


def test_the_text_of_html_is_taken_without_what_it_does(outbox: Outbox) -> None:
    made = EmailMessage()
    made["From"], made["In-Reply-To"] = BANK.address, MAIL.id
    made.set_content(
        "<style>ANSWER: DONE</style><script>ANSWER: DONE</script><p>ANSWER: ASK</p><img src='https://evil.example/seen.png'>",
        subtype="html",
    )
    found = judged(made.as_bytes(), outbox)
    assert found.word is Word.ASK
    assert "evil.example" not in "".join(found.text)


def dsn(
    *, action: str = "failed", status: str = "5.1.1", recipient: str = BANK.address, returned: str = MAIL.id, envelope: str = ""
) -> bytes:
    head = f"Original-Envelope-Id: {envelope}\r\n" if envelope else ""
    return (
        "From: MAILER-DAEMON@mx.b.example\r\nTo: requests@centre.a.example\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n"
        "Message-ID: <d1@mx.b.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"{head}Reporting-MTA: dns; mx.b.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user here\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {returned}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


def test_a_notice_of_failure_becomes_a_bounce_once(outbox: Outbox) -> None:
    for each in outbox.untold():
        outbox.told(each.number)
    data = dsn()
    assert notices(incoming(data))[0].status == "5.1.1"
    assert bounce(incoming(data), outbox, "2026-06-01T08:05:00Z") == HOLD.id
    assert bounce(incoming(data), outbox, "2026-06-01T08:06:00Z") == HOLD.id
    (outcome,) = outbox.untold()
    assert (outcome.kind, outcome.evidence) == ("bounce", sha256(data).hexdigest())
    assert "550 no such user here" in outcome.said
    assert outbox.get(MAIL.id).state == "failed"
    made = judged(data, outbox)
    assert made.sort is Sort.NOTICE
    assert made.about is not None
    assert made.about.request == HOLD.id


def test_the_envelope_id_is_enough(outbox: Outbox) -> None:
    data = dsn(returned="<none@x.example>", envelope=MAIL.id[1:-1].partition("@")[0])
    assert bounce(incoming(data), outbox, SENT) == HOLD.id


@pytest.mark.parametrize(
    "notice",
    [
        {"action": "delayed", "status": "4.4.1"},
        {"action": "delivered", "status": "2.0.0"},
        {"action": "failed", "status": "4.4.7"},
        {"recipient": "somebody@else.example"},
        {"returned": "<forged@evil.example>"},
        {"returned": "<forged@evil.example>", "envelope": "%"},
    ],
)
def test_what_is_no_failure_of_a_mail_of_ours_is_no_bounce(outbox: Outbox, notice: dict[str, str]) -> None:
    assert bounce(incoming(dsn(**notice)), outbox, SENT) is None
    assert outbox.get(MAIL.id).state == "sent"


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    for each in (data, b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + data, b"Subject: =?utf-8?q?" + data):
        try:
            notices(incoming(each))
        except BadInput:
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 1000 + b"--b--",
        b"X: 1\n" * 2000 + b"\nbody",
        b"",
    ],
)
def test_what_is_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        incoming(data)


def test_long_and_odd_headers_are_cut_and_spelled_out(outbox: Outbox) -> None:
    made = incoming(
        b"From: =?utf-8?q?=E2=80=AEevil?= <A@B.example>\nSubject: " + b"x" * 100_000 + b"\nIn-Reply-To: " + b"<a@b>" * 5000 + b"\n\nbody"
    )
    assert made.sender_name == "[U+202E]evil"
    assert made.senders == ("a@b.example",)
    assert len(made.subject) < 400
    assert len(made.ids) <= 60


def test_a_folder_of_mail_is_kept_by_digest_before_it_is_emptied(tmp_path: Path) -> None:
    drop, kept = tmp_path / "drop", tmp_path / "kept"
    drop.mkdir()
    old = (NOW - timedelta(hours=1)).timestamp()
    data = answer()
    mbox = (
        b"From a Mon Jun  1 08:00:00 2026\n"
        + data.replace(b"\nFrom ", b"\n>From ")
        + b"\n\nFrom b Mon Jun  1 08:00:00 2026\nSubject: two\n\n>From here\n"
    )
    for name, each, at in (("1", data, old), ("2.mbox", mbox, old), ("3", b"Subject: half", NOW.timestamp()), (".hidden", b"x", old)):
        (drop / name).write_bytes(each)
        os.utime(drop / name, (at, at))
    (drop / "link").symlink_to("/etc/passwd")
    box = Mailbox(drop, kept)
    met = list(box.take(NOW))
    assert [each.name for each in met] == ["1", "2.mbox", "2.mbox"]
    assert met[0].data == data
    assert met[2].data.endswith(b"\nFrom here\n")
    assert box.original(met[0].digest or "") == data
    assert sorted(each.name for each in drop.iterdir()) == [".hidden", "3", "link"]
    assert (kept / f"{met[0].digest}.eml").stat().st_mode & 0o077 == 0
    box.forget(met[0].digest or "")
    with pytest.raises(BadInput, match="no such mail"):
        box.original(met[0].digest or "")
    with pytest.raises(BadInput, match="hex digits"):
        box.original("../../etc/passwd")


def test_a_crash_before_a_file_is_removed_gives_the_same_mail_again(tmp_path: Path) -> None:
    (tmp_path / "drop" / "new").mkdir(parents=True)
    (tmp_path / "drop" / "new" / "1.x").write_bytes(answer())

    with pytest.raises(SystemExit):
        list(Mailbox(tmp_path / "drop", tmp_path / "kept", _Dying()).take(NOW))
    box = Mailbox(tmp_path / "drop", tmp_path / "kept")
    (met,) = box.take(NOW)
    assert box.original(met.digest or "") == answer()
    assert list(box.take(NOW)) == []
    assert [each.suffix for each in (tmp_path / "kept").iterdir()] == [".eml"]


class _Dying(LocalDisk):
    def remove(self, path: Path) -> None:
        raise SystemExit


def test_a_recipient_that_is_known_no_more_is_doubted(outbox: Outbox) -> None:
    made = proposed(incoming(answer()), outbox, None, server=SERVER)
    assert "no recipient of the directory is known for it" in made.warnings
    assert replace(made, callback=None) == made
