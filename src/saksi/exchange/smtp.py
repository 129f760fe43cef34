"""Handing one mail to a server: over verified TLS, with a timeout on every wait; what may be tried again is told from what may not."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from pathlib import Path

from saksi.exchange.message import Mail
from saksi.exchange.shown import line
from saksi.model import BadInput

__all__ = ["Handed", "Route", "Tls", "hand_over"]

_OURS = frozenset({530, 534, 535, 538})  # permanent, yet about us and our password: not about the recipient


class Tls(Enum):
    """How the connection is kept from others' eyes."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    LOOPBACK = "loopback"  # none: to a server on this machine alone, which then is the one that speaks TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The server that mails leave by. `authorities` is a PEM file of those whose certificates it may have (None: the system's);
    `timeout` in seconds; `name` is how this machine greets."""

    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    user: str | None = None
    password: str | None = None
    authorities: Path | None = None
    timeout: float = 30.0
    name: str = "localhost"

    def __post_init__(self) -> None:
        if self.tls is Tls.LOOPBACK and not _loopback(self.host):
            raise BadInput("mail goes without TLS to this machine alone", where="tls", todo="use starttls or implicit")
        if (self.user is None) is not (self.password is None):
            raise BadInput("a user and a password go together", where="user")

    def __repr__(self) -> str:
        return f"Route({self.host}:{self.port}, {self.tls.value})"  # never the password


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of it: `taken` by the server, else whether it may be tried `again`; `said` is the server's word, for people."""

    taken: bool
    again: bool
    said: str


def hand_over(mail: Mail, route: Route) -> Handed:
    """Give a mail to the server of `route`. Never raises for what a server or the network does: that is the answer."""
    try:
        with _connected(route) as server:
            return _sent(server, mail)
    except smtplib.SMTPRecipientsRefused as fault:
        code, said = fault.recipients[mail.recipient]
        return _answer(code, said)
    except smtplib.SMTPResponseException as fault:
        return _answer(fault.smtp_code, fault.smtp_error)
    except ssl.SSLError as fault:
        return Handed(taken=False, again=True, said=line(f"no verified TLS: {fault}", 300))
    except (smtplib.SMTPException, OSError, UnicodeError) as fault:
        return Handed(taken=False, again=True, said=line(f"{type(fault).__name__}: {fault}", 300))


def _connected(route: Route) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=route.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if route.tls is Tls.IMPLICIT:
        server: smtplib.SMTP = smtplib.SMTP_SSL(route.host, route.port, local_hostname=route.name, timeout=route.timeout, context=context)
    else:
        server = smtplib.SMTP(route.host, route.port, local_hostname=route.name, timeout=route.timeout)
    try:
        if route.tls is Tls.STARTTLS:
            server.starttls(context=context)  # raises where the server does not offer it: nothing is said in clear after that
        if route.user is not None and route.password is not None:
            server.login(route.user, route.password)
    except BaseException:
        server.close()
        raise
    return server


def _sent(server: smtplib.SMTP, mail: Mail) -> Handed:
    server.ehlo_or_helo_if_needed()
    notices = server.has_extn("dsn")
    options = ["RET=HDRS", f"ENVID={mail.id[1:-1].partition('@')[0]}"] if notices else []
    wanted = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if notices else []
    _ok(server.mail(mail.sender, options), lambda code, said: smtplib.SMTPSenderRefused(code, said, mail.sender))
    _ok(server.rcpt(mail.recipient, wanted), lambda code, said: smtplib.SMTPRecipientsRefused({mail.recipient: (code, said)}))
    code, said = server.data(mail.data)
    return _answer(code, said)


def _ok(answer: tuple[int, bytes], fault: Callable[[int, bytes], smtplib.SMTPException]) -> None:
    if not 200 <= answer[0] < 300:
        raise fault(*answer)


def _answer(code: int, said: bytes | str) -> Handed:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return Handed(taken=200 <= code < 300, again=code < 200 or 400 <= code < 500 or code in _OURS, said=line(f"{code} {text}", 300))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
