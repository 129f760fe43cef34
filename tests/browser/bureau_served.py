"""A node of invented reports with its officers, a request that was sent, and what came back, served on a free port of this machine;
prints its address, their session cookies, and what they deal with."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bureau import SITE, Bureau
from calls import SETTINGS

from saksi.app.home import now_text
from saksi.app.people.sessions import Came
from saksi.app.posting.appeals import Appeal, hand_in
from saksi.app.posting.notices import NoticePages
from saksi.app.posting.pages import AnswerPages
from saksi.app.posting.tray import APPEAL, MAIL, Item
from saksi.app.requesting.routes import requesting_routes
from saksi.app.web.serve import Listen, serve

CREW = {"Ann": ("analyst", "unit one"), "Abe": ("approver", "unit one"), "Rita": ("reviewer", "unit two")}


MAILED = (
    b"From: Desk <abuse@bank.b.example>\r\nTo: requests@centre.a.example\r\nSubject: Re: your request (synthetic)\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nANSWER: ACCEPT\r\nWe hold it.\r\n"
    b'--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="note.html"\r\n\r\n<b>note</b>\r\n--b--\r\n'
)


def mailed(made: Bureau) -> str:
    """A mail that came in and waits; gives its digest."""
    digest = sha256(MAILED).hexdigest()
    assert made.real.mailbox.kept() == ()
    (made.real.files.post / "kept" / f"{digest}.eml").write_bytes(MAILED)
    made.real.tray.put(Item(digest, MAIL, None, now_text(), "waiting", None, None, None))
    return digest


def contested(made: Bureau) -> str:
    """What a holder wrote, and an officer set aside; gives its digest."""
    said = Appeal(reference="SK-0000-1111-2222", words="I let rooms (synthetic).", contact="by letter", language="km", session="1" * 32)
    assert hand_in(made.real, said, now_text())
    (item,) = made.real.tray.listed("new", sort=APPEAL)
    made.real.tray.sort_out(item.digest, None)
    made.real.tray.set_aside(item.digest, "somebody", now_text(), "it names nothing of ours")
    return item.digest


def main() -> None:
    folder = Path(sys.argv[1])
    made = Bureau(folder)
    tokens, crew = {}, {}
    for name, (role, unit) in CREW.items():
        browser = crew[name] = made.officer(name, role, unit=unit)
        if name == "Ann":
            made.drafted(browser)
        person = made.desk.people.register.named(name)
        tokens[name] = made.desk.people.sessions.begin(person.id, Came("password", "127.0.0.1", "a test"), factor=True)
    request = made.drafted(crew["Ann"])
    for name, word in (("Abe", "approve"), ("Rita", "review"), ("Ann", "send")):
        assert crew[name].post(f"/request/{request}", made.say(request, word)).status_code == 303
    there = {"request": request, "mail": mailed(made), "appeal": contested(made)}
    for part in (made.desk.access, made.desk.replay, made.desk.people):
        part.close()
    pages = (*AnswerPages(SITE, made.real).routes(), *NoticePages(SITE, made.real).routes())
    settings = replace(SETTINGS, more=(*requesting_routes(SITE, made.real), *pages))
    serve(
        made.real,
        made.real.files.path,
        settings,
        listen=Listen(port=0),
        ready=lambda where: print(json.dumps({"address": where, "tokens": tokens, "there": there}), flush=True),
    )
    made.real.close()


if __name__ == "__main__":
    main()
