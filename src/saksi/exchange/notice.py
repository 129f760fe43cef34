"""Delivery status notices (RFC 3464): what a mail server says became of a mail of ours.

A notice can be forged like any mail. It counts only when it names a Message-ID (or envelope id) of ours, which only those who saw the mail
know, and the address that the mail went to; and then it moves only our own clock: deliver it another way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from saksi.exchange.incoming import Incoming, headers_of
from saksi.exchange.outbox import Outbox
from saksi.exchange.shown import line

__all__ = ["Notice", "bounce", "notices"]

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said of one recipient: `action` is failed, delayed, delivered, relayed or expanded; `status` like 5.1.1; `said` in words."""

    recipient: str
    action: str
    status: str
    said: str
    envelope: str


def notices(mail: Incoming) -> tuple[Notice, ...]:
    """All that a mail says of deliveries; none where it is no such notice."""
    made = []
    for part in mail.notices:
        envelope = ""
        for at, group in enumerate(headers_of(part)):
            if at == 0:
                envelope = line(str(group.get("Original-Envelope-Id", "")), 100)
            recipient = str(group.get("Final-Recipient") or group.get("Original-Recipient") or "").partition(";")[2].strip().lower()
            status = _STATUS.match(str(group.get("Status", "")).strip())
            if recipient and status:
                original = str(group.get("Original-Recipient", "")).partition(";")[2].strip().lower()
                said = line(f"{group.get('Action', '')} {group.get('Status', '')} {group.get('Diagnostic-Code', '')}", 300)
                action = str(group.get("Action", "")).strip().lower()
                made.append(Notice(line(original or recipient, 254), line(action, 20), status[0], said, envelope))
    return tuple(made[:50])


def bounce(mail: Incoming, outbox: Outbox, now: str) -> str | None:
    """Note a failed delivery of a mail of ours that a notice tells of; gives the request's id, None where it tells of none.

    `now` is a UTC time. A notice that was noted before changes nothing.
    """
    for each in notices(mail):
        if each.action != "failed" or not each.status.startswith("5"):
            continue  # a delay is no failure, and a notice of success says no more than the server did
        for id_ in _named(mail, each, outbox):
            kept = outbox.get(id_)
            if kept.mail.recipient.lower() == each.recipient:
                outbox.bounced(id_, now, f"a server says: {each.said}", mail.digest)
                return kept.mail.request
    return None


def _named(mail: Incoming, notice: Notice, outbox: Outbox) -> list[str]:
    ids = [id_ for id_ in (*mail.returned, *mail.ids) if outbox.known(id_) is not None]
    return ids or outbox.enveloped(notice.envelope)
