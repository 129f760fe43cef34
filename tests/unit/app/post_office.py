"""A node that mails, its directory, requests that were sent, and a mail server of this machine. All of it is invented."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from saksi.actions import Actor, History, Kind, Role, Target, Urgency, Word
from saksi.app.acting import Deed, Plan
from saksi.app.config import Config
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.posting.rounds import Courier
from saksi.app.posting.setting import directory_of, means_of
from saksi.app.taking import Order
from saksi.exchange.message import Mail
from saksi.exchange.smtp import Handed

ANALYST = Actor("analyst-1", "unit-x", frozenset({Role.ANALYST}))
APPROVER = Actor("approver-1", "unit-x", frozenset({Role.APPROVER}))
REVIEWER = Actor("reviewer-1", "unit-y", frozenset({Role.REVIEWER}))
PHONE = "phone:+85512345678"
REPORTS = """reference,reported_at,country,scam_phone,victim_phone,narrative,synthetic
R-1,2026-01-31,KH,012345678,092345678,a voice asked for a deposit,true
"""
DIRECTORY = """
[[recipient]]
id = "telco-b"
party = "telco"
name = "Telco B (synthetic)"
address = "abuse@telco.b.example"
languages = ["en"]
callback = "+99 700 800 900"
"""
CONFIG = Config(
    authority="centre.a.example", country="KH", purpose="preventing fraud", legal_basis="Act 1", workers=0, name="Centre A (synthetic)",
    place="1 Example Street, A", phone="+99 100 200 300", mail="requests@centre.a.example", directory="directory.toml",
    smtp="127.0.0.1:2525", smtp_tls="loopback", mailbox="drop", mail_server="mx.centre.a.example",
    contest="Write to review@centre.a.example",
)  # fmt: skip
TAKEN = Handed(taken=True, again=False, said="250 OK")
BUSY = Handed(taken=False, again=True, said="451 later")


def plain_letters(patch: pytest.MonkeyPatch) -> None:
    """Letters without a layout, which takes a processor half a second each: the tests of `exchange` and of a real server lay them out."""
    patch.setattr("saksi.exchange.deliver.made_pdf", lambda page, _: b"%PDF-1.7 " + page.encode())


def opened(folder: Path, **more: object) -> Node:
    """A node with one report in it, ready to mail."""
    config = replace(CONFIG, **more)  # type: ignore[arg-type]
    files = Home(folder / "node")
    set_up(files, config)
    (files.path / "directory.toml").write_text(DIRECTORY, encoding="utf-8")
    (files.path / "drop" / "new").mkdir(parents=True)
    node = Node(files, config)
    reports = folder / "reports.csv"
    reports.write_text(REPORTS, encoding="utf-8")
    node.take_file(Order(reports, reports.name))
    return node


def plan(node: Node, **more: object) -> Plan:
    """A suspension of a number."""
    answer = node.entity(PHONE, reader=node.owner(), at=None)
    ground = next(line.ref for line in answer.statements if line.prop == "role")
    made = Plan(
        kind=Kind.SUSPEND, to=directory_of(node.files, node.config).recipient("telco-b"), targets=(Target(PHONE),),
        grounds=(ground,), offence="fraud", instrument="terms of the telco", legal_basis="Act 1, section 2",
        purpose="to stop the calls", proportionality="one number, for a month", urgency=Urgency.FLOWING,
        until=f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}", holder_language="km",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def act(node: Node, have: History, word: Word, actor: Actor = ANALYST, **more: object) -> History:
    """Take a step on the newest history."""
    if word in {Word.APPROVE, Word.REVIEW}:
        more = {"subject": have.subject, "targets": tuple(each.entity for each in have.request.targets), "text": "read", **more}
    head = node.book.history(have.request.id).head
    return node.act(Deed(request=have.request.id, word=word, head=head, **more), actor)  # type: ignore[arg-type]


def sent(node: Node, **more: object) -> History:
    """A request that was drafted, agreed to and sent."""
    have = node.draft(plan(node, **more), ANALYST)
    if have.request.rule.coercive:
        have = act(node, act(node, have, Word.APPROVE, APPROVER), Word.REVIEW, REVIEWER)
    return act(node, have, Word.SEND)


class Server:
    """Stands in for the server: notes what it is given and answers as told."""

    def __init__(self, *answers: Handed) -> None:
        self.met: list[Mail] = []
        self.answers = list(answers)

    def __call__(self, mail: Mail) -> Handed:
        self.met.append(mail)
        return self.answers.pop(0) if self.answers else TAKEN


def courier(node: Node, server: Server) -> Courier:
    """A courier that hands to a server of the test."""
    return Courier(node, means_of(node.files, node.config, datetime.now(UTC)), hand=server, luck=lambda: 0.5)


def words(node: Node, have: History) -> list[str]:
    """The words of a request's steps."""
    return [each.step.word.value for each in node.book.steps(have.request.id)]


def drop(node: Node, data: bytes, name: str = "1") -> None:
    """Put a mail where the mail server does."""
    (node.files.path / "drop" / "new" / name).write_bytes(data)


def reply(mail: Mail, said: str, *, sender: str = "abuse@telco.b.example", checks: str = "dkim=pass; spf=pass; dmarc=pass") -> bytes:
    """An answer to a mail of ours."""
    return (
        f"Authentication-Results: mx.centre.a.example; {checks}\r\nFrom: Desk <{sender}>\r\nTo: requests@centre.a.example\r\n"
        f"Subject: Re: your request\r\nMessage-ID: <answer-{len(said)}@telco.b.example>\r\nIn-Reply-To: {mail.id}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{said}\r\n"
    ).encode()


class Desk:
    """A real mail server's mind: keeps what came."""

    def __init__(self) -> None:
        self.met: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:
        self.met.append(envelope)
        return "250 OK"


@contextmanager
def server(desk: Desk) -> Iterator[int]:
    """A real server on this machine; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    made = Controller(desk, hostname="127.0.0.1", port=port, ready_timeout=10)
    made.start()
    try:
        yield port
    finally:
        made.stop()
