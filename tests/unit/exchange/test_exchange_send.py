"""Mail on its way out: one message, an outbox that loses nothing, real servers on this machine, what they say and what is done then."""

from __future__ import annotations

import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from post import BANK, FONTS, HOLD, HOSTILE, NOW, OFFICE, RECALL, SENT, TAKEDOWN, authority, history, letter, own, vouched

from saksi.actions import COURIER, Role, Step, Word, taken
from saksi.actions.deadline import clock
from saksi.exchange import Entry
from saksi.exchange.courier import Round, round_of, step_of
from saksi.exchange.deliver import Sender, packed
from saksi.exchange.follow import FOLLOWS, followed
from saksi.exchange.message import Attachment, Mail, mail
from saksi.exchange.outbox import Outbox
from saksi.exchange.smtp import Handed, Route, Tls, hand_over
from saksi.model import BadInput, LedgerFault, NotAllowed

LATER = "2026-06-01T10:00:00Z"
MAIL = mail(letter(), [Attachment("request.json", "application/json", b"{}")], at=SENT)
built = pytest.mark.skipif(not any(FONTS.glob("inter-latin-wght*")), reason="the pages are not built: their fonts are absent")
TAKEN = Handed(taken=True, again=False, said="250 OK")
BUSY = Handed(taken=False, again=True, said="451 later")
NEVER = Handed(taken=False, again=False, said="550 no such user")


def test_a_mail_is_whole_and_the_same_whenever_it_is_made() -> None:
    assert mail(letter(), [Attachment("request.json", "application/json", b"{}")], at=SENT) == MAIL
    read = message_from_bytes(MAIL.data, policy=policy.default)
    assert read["Message-ID"] == MAIL.id
    assert read["Auto-Submitted"] == "no"
    assert read["To"].addresses[0].addr_spec == BANK.address
    assert read["From"].addresses[0].addr_spec == OFFICE.mail
    assert "SK-0123-4567-89AB" in read["Subject"]
    words, attached = read.iter_parts()
    assert "ANSWER: REFUSE <reason>" in words.get_content()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/json", "request.json")
    assert MAIL.data.isascii()
    assert max(len(each) for each in MAIL.data.split(b"\r\n")) <= 998
    assert HOLD.nonce.encode() not in MAIL.data
    assert HOLD.targets[0].entity not in words.get_content() + read["Subject"]


def test_a_second_mail_stands_in_the_thread_of_the_first() -> None:
    second = mail(letter(), [], at=LATER, number=2, before=[MAIL.id])
    read = message_from_bytes(second.data, policy=policy.default)
    assert (read["In-Reply-To"], read["References"]) == (MAIL.id, MAIL.id)
    assert second.id != MAIL.id


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["en", "km", "th"])
def test_no_field_reaches_the_headers(text: str, language: str) -> None:
    able = "x" + text[:7000].encode("utf-8", "ignore").decode()
    made = mail(
        letter(replace(HOLD, to=replace(HOLD.to, name=able)), office=replace(OFFICE, name="x" + text), languages=(language,)), [], at=SENT
    )
    head = made.data.partition(b"\r\n\r\n")[0]
    read = message_from_bytes(made.data, policy=policy.default)
    assert sorted(read.keys()) == sorted(message_from_bytes(MAIL.data).keys() if read.is_multipart() else {*read.keys()})
    assert "Bcc" not in read
    assert not [each for each in head.split(b"\r\n") if each.lower().startswith(b"bcc")]
    assert [each.addr_spec for each in read["To"].addresses] == [BANK.address]
    assert all(len(each) <= 998 for each in head.split(b"\r\n"))


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<a@b.example>", "nobody"])
def test_a_mail_goes_to_one_plain_address(address: str) -> None:
    with pytest.raises(BadInput, match="plain mail address"):
        mail(letter(replace(HOLD, to=replace(HOLD.to, address=address))), [], at=SENT)


@built
def test_a_parcel_holds_what_its_recipient_can_use() -> None:
    sender = Sender(OFFICE, vouched(), FONTS)
    parcel = packed(history(), BANK, sender, seen=None)
    assert [each.name for each in parcel.files] == ["SK-0123-4567-89AB.pdf", "request.json"]
    assert b"/ETSI.CAdES.detached" in parcel.files[0].data
    recall = packed(history(RECALL), BANK, replace(sender, seal=own()), seen=None)
    assert [each.name for each in recall.files] == [
        "SK-0123-4567-89AB.pdf", "SK-0123-4567-89AB.pdf.p7s", "request.json", "camt.056.001.08.xml",
    ]  # fmt: skip
    host = Entry(id=TAKEDOWN.to.id, party=TAKEDOWN.to.party, name=TAKEDOWN.to.name, address=TAKEDOWN.to.address)
    assert [each.name for each in packed(history(TAKEDOWN), host, sender, seen=None).files[2:]] == [
        "xarf-1.json",
        "xarf-2.json",
        "xarf-3.json",
    ]
    odd = packed(history(replace(TAKEDOWN, offence="extortion")), host, sender, seen=None)
    assert len(odd.files) == 2
    assert "XARF has no kind for extortion" in odd.left_out[0]
    assert parcel.give_up_at == LATER


@built
@pytest.mark.parametrize("word", FOLLOWS)
@pytest.mark.parametrize("language", ["en", "km", "th"])
def test_what_follows_a_letter_stands_in_its_thread_and_keeps_its_ground_to_itself(word: Word, language: str) -> None:
    have, entry = history(), replace(BANK, languages=(language,))
    step = Step(
        request=HOLD.id, word=word, at=LATER, after=have.head, person="a", unit="u", role=Role.ANALYST, text="the witness Q. recanted",
    )  # fmt: skip
    made = followed(have, step, entry, Sender(OFFICE, own(), FONTS), number=2, before=[MAIL.id])
    read = message_from_bytes(made.mail.data, policy=policy.default)
    assert (read["In-Reply-To"], read["Auto-Submitted"], made.mail.recipient) == (MAIL.id, "no", BANK.address)
    assert [each.name for each in made.files] == ["SK-0123-4567-89AB-2.pdf", "SK-0123-4567-89AB-2.pdf.p7s"]
    words = read.get_body().get_content() + read["Subject"]  # type: ignore[union-attr]
    assert "recanted" not in words
    assert HOLD.targets[0].entity not in words
    assert made.give_up_at > LATER
    with pytest.raises(NotAllowed, match="what follows"):
        followed(have, replace(step, word=Word.APPEAL), entry, Sender(OFFICE, own(), FONTS), number=2, before=[MAIL.id])


@built
def test_what_was_not_sent_or_is_anothers_is_not_packed() -> None:
    have = history()
    with pytest.raises(NotAllowed, match="approved and sent"):
        packed(replace(have, mine=type(have.mine).WITHDRAWN), BANK, Sender(OFFICE, own(), FONTS), seen=None)
    with pytest.raises(NotAllowed, match="something else of this recipient"):
        packed(have, replace(BANK, address="other@bank.b.example"), Sender(OFFICE, own(), FONTS), seen=None)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.sqlite")
    made.put(MAIL, SENT, LATER)
    yield made
    made.close()


def test_what_was_put_is_on_the_disk_and_puts_once(outbox: Outbox, tmp_path: Path) -> None:
    other = Outbox(tmp_path / "outbox.sqlite")  # as after a crash: nothing was closed
    assert [each.mail for each in other.due(SENT)] == [MAIL]
    other.put(MAIL, SENT, LATER)
    assert len(other.due(SENT)) == 1
    other.put(replace(MAIL, data=b"signed anew"), LATER, LATER)
    assert [each.mail for each in other.due(SENT)] == [MAIL]
    for name in ("request", "recipient"):
        with pytest.raises(BadInput, match="another mail"):
            other.put(replace(MAIL, **{name: "other@b.example"}), SENT, LATER)  # type: ignore[arg-type]
    other.close()
    assert (tmp_path / "outbox.sqlite").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_outbox_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerFault, match="cannot be opened"):
        Outbox(tmp_path / "outbox.sqlite")


def test_a_crash_between_sent_and_noted_sends_the_same_mail_again(outbox: Outbox, tmp_path: Path) -> None:
    met: list[bytes] = []

    def dies(each: Mail) -> Handed:
        met.append(each.data)
        raise SystemExit

    with pytest.raises(SystemExit):
        round_of(outbox, dies, NOW, luck=lambda: 0.5)
    again = Outbox(tmp_path / "outbox.sqlite")

    def takes(each: Mail) -> Handed:
        met.append(each.data)
        return TAKEN

    assert round_of(again, takes, NOW, luck=lambda: 0.5) == Round(1, 0, 0)
    assert met == [MAIL.data, MAIL.data]
    assert round_of(again, takes, NOW + timedelta(days=1), luck=lambda: 0.5) == Round(0, 0, 0)
    again.close()


def test_what_is_busy_is_tried_again_ever_later_and_given_up_in_time(outbox: Outbox) -> None:
    at, tries = NOW, []
    while outbox.get(MAIL.id).state == "waiting":
        kept = outbox.get(MAIL.id)
        at = max(at, NOW.strptime(kept.next_at, "%Y-%m-%dT%H:%M:%S%z"))
        tries.append(at)
        round_of(outbox, lambda _: BUSY, at, luck=lambda: 0.5)
    waits = [(later - first).total_seconds() / 60 for first, later in pairwise(tries)]
    assert waits[:5] == [1, 2, 5, 10, 20]
    assert len(tries) < 10
    (outcome,) = outbox.untold()
    assert outcome.kind == "bounce"
    assert "451 later" in outcome.said


def test_a_permanent_no_is_a_bounce_at_once(outbox: Outbox) -> None:
    assert round_of(outbox, lambda _: NEVER, NOW, luck=lambda: 0.5) == Round(0, 0, 1)
    (outcome,) = outbox.untold()
    have = history()
    step = step_of(outcome, have, NOW)
    bounced = taken(have, step, COURIER)
    assert bounced.bounced_at == SENT
    assert [each.what for each in clock(bounced, NOW).due] == ["deliver it another way"]
    outbox.told(outcome.number)
    assert outbox.untold() == []


def test_a_mail_that_was_taken_is_delivered(outbox: Outbox) -> None:
    round_of(outbox, lambda _: TAKEN, NOW, luck=lambda: 0.5)
    have = history()
    assert taken(have, step_of(outbox.untold()[0], have, NOW), COURIER).delivered_at == SENT


def test_one_recipient_gets_so_many_an_hour_and_no_mail_is_lost(outbox: Outbox) -> None:
    for number in range(2, 8):
        outbox.put(replace(MAIL, id=f"<{number:032x}.{number}@centre.a.example>"), SENT, "2026-06-09T08:00:00Z")
    assert round_of(outbox, lambda _: TAKEN, NOW, luck=lambda: 0.5, per_hour=3) == Round(3, 4, 0)
    assert round_of(outbox, lambda _: TAKEN, NOW + timedelta(minutes=30), luck=lambda: 0.5, per_hour=3).taken == 0
    later = NOW + timedelta(minutes=65)
    assert round_of(outbox, lambda _: TAKEN, later, luck=lambda: 0.5, per_hour=3).taken == 3


def test_a_mail_is_taken_back_only_while_nobody_can_have_it(outbox: Outbox) -> None:
    def dies(_: Mail) -> Handed:
        raise SystemExit

    with pytest.raises(SystemExit):
        round_of(outbox, dies, NOW, luck=lambda: 0.5)
    assert not outbox.drop(MAIL.id, "withdrawn"), "it may have been taken before the process died"
    other = replace(MAIL, id=f"<{2:032x}.2@centre.a.example>")
    outbox.put(other, SENT, LATER)
    assert outbox.drop(other.id, "withdrawn")
    assert [each.mail.id for each in outbox.due(LATER)] == [MAIL.id]


def test_what_is_forgotten_is_gone(outbox: Outbox, tmp_path: Path) -> None:
    round_of(outbox, lambda _: TAKEN, NOW, luck=lambda: 0.5)
    outbox.forget(HOLD.id)
    assert outbox.known(MAIL.id) is None
    assert outbox.untold() == []
    link = sqlite3.connect(tmp_path / "outbox.sqlite")
    assert link.execute("SELECT count(*) FROM mail").fetchone() == (0,)
    link.close()


class _Desk:
    """A mail server's mind: keeps what came, answers as it is told."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.met: list[Envelope] = []
        self.rcpt, self.data = rcpt, data

    async def handle_RCPT(self, server: SMTP, session: object, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:
        self.met.append(envelope)
        return self.data


def _context(folder: Path) -> ssl.SSLContext:
    leaf, key, root = authority()
    (folder / "leaf.pem").write_bytes(leaf)
    (folder / "key.pem").write_bytes(key)
    (folder / "root.pem").write_bytes(root)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "leaf.pem", folder / "key.pem")
    return made


@contextmanager
def _server(desk: _Desk, **more: object) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = Controller(desk, hostname="127.0.0.1", port=port, ready_timeout=10, **more)  # type: ignore[arg-type]
    server.start()
    try:
        yield port
    finally:
        server.stop()


def _plain(port: int, **more: object) -> Route:
    return Route(host="127.0.0.1", port=port, tls=Tls.LOOPBACK, timeout=5, **more)  # type: ignore[arg-type]


def test_a_real_server_gets_the_mail_as_it_is() -> None:
    desk = _Desk()
    with _server(desk) as port:
        assert hand_over(MAIL, _plain(port)) == Handed(taken=True, again=False, said="250 OK")
    (met,) = desk.met
    assert met.original_content == MAIL.data
    assert (met.mail_from, met.rcpt_tos) == (OFFICE.mail, [BANK.address])


@pytest.mark.parametrize(
    ("desk", "again"),
    [
        (_Desk(rcpt="550 no such user"), False),
        (_Desk(rcpt="451 greylisted"), True),
        (_Desk(data="554 refused"), False),
        (_Desk(data="452 full"), True),
    ],
)
def test_what_may_be_tried_again_is_told_from_what_may_not(desk: _Desk, again: bool) -> None:
    with _server(desk) as port:
        handed = hand_over(MAIL, _plain(port))
    assert (handed.taken, handed.again) == (False, again)
    assert handed.said.startswith((desk.rcpt if desk.rcpt[0] != "2" else desk.data)[:3])


def test_starttls_is_spoken_with_a_certificate_that_is_known(tmp_path: Path) -> None:
    desk, context = _Desk(), _context(tmp_path)
    with _server(desk, tls_context=context, require_starttls=True) as port:
        known = Route(host="localhost", port=port, authorities=tmp_path / "root.pem", timeout=5)
        assert hand_over(MAIL, known).taken
        unknown = hand_over(MAIL, replace(known, authorities=None))
        assert (unknown.taken, unknown.again) == (False, True)
        assert "no verified TLS" in unknown.said
        assert not hand_over(MAIL, replace(known, host="127.0.0.1")).taken  # the certificate is for another name
    assert len(desk.met) == 1


def test_without_starttls_nothing_is_said_in_clear() -> None:
    desk = _Desk()
    with _server(desk) as port:
        handed = hand_over(MAIL, Route(host="127.0.0.1", port=port, timeout=5))
    assert (handed.taken, handed.again, desk.met) == (False, True, [])


def test_implicit_tls_and_a_password(tmp_path: Path) -> None:
    desk, context = _Desk(), _context(tmp_path)

    def judge(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=getattr(data, "password", b"") == b"secret")

    server = {"ssl_context": context, "authenticator": judge, "auth_require_tls": False}
    with _server(desk, **server) as port:
        route = Route(
            host="localhost", port=port, tls=Tls.IMPLICIT, authorities=tmp_path / "root.pem", user="a", password="secret", timeout=5
        )
        assert "secret" not in repr(route)
        assert hand_over(MAIL, route).taken
        wrong = hand_over(MAIL, replace(route, password="wrong"))
        assert (wrong.taken, wrong.again) == (False, True)  # about us: the recipient's mail is not lost for it


def test_a_server_that_is_not_there_or_hangs_up_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()
        port = int(free.getsockname()[1])
        silent = hand_over(MAIL, replace(_plain(port), timeout=0.3))
    gone = hand_over(MAIL, _plain(port))
    assert [(each.taken, each.again) for each in (silent, gone)] == [(False, True)] * 2


def test_clear_text_goes_to_this_machine_alone() -> None:
    with pytest.raises(BadInput, match="to this machine alone"):
        Route(host="mail.example", port=25, tls=Tls.LOOPBACK)
    with pytest.raises(BadInput, match="go together"):
        Route(host="mail.example", port=25, user="a")


def test_envelope_commands_cannot_be_injected() -> None:
    for name in ("sender", "recipient"):
        with pytest.raises(BadInput, match="plain mail address"):
            replace(MAIL, **{name: "a@b.example>\r\nRCPT TO:<c@d.example"})  # type: ignore[arg-type]
