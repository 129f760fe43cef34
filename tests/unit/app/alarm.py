"""A real node of invented statements with its alerts, behind its own web application; and a webhook that behaves as badly as it is told."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from calls import SETTINGS, Client, Served
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from browser import cheap
from saksi.app.alerts.alert import Alert, Wish
from saksi.app.alerts.alerting import opened
from saksi.app.alerts.api import AlertApi
from saksi.app.alerts.pages import AlertPages
from saksi.app.alerts.search import Search
from saksi.app.config import Config
from saksi.app.home import Home, now_text, set_up
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.app.web.assets import load_assets
from saksi.app.web.serve import build_app
from saksi.app.web.site import Site
from saksi.model import Amendment, Asserter, Content, Grade, Marking, Op, Pap, Source, Statement, Tlp

PHONE, HOST = "phone:+85512345678", "host:pay.phish.example.net"
CONFIG = Config("centre.a.example", country="KH", purpose="preventing fraud", legal_basis="Act 1", workers=0)
SITE = Site(load_assets())


def said(
    entity: str, value: str = "suspected-mule", *, prop: str = "role", tlp: Tlp = Tlp.CLEAR, publisher: str = "Bank B", op: Op = Op.ASSERT
) -> Statement:
    """An invented statement, each of a source of its own."""
    digest = sha256(f"{entity} {value} {tlp} {publisher} {op}".encode()).hexdigest()
    marking = Marking(tlp, Pap.GREEN, purpose="preventing fraud", legal_basis="Act 1")
    source = Source(digest=digest, title="List (synthetic)", publisher=publisher)
    schema = {"phone": "PhoneNumber", "host": "WebSite", "account": "BankAccount"}.get(entity.partition(":")[0], "Observable")
    return Statement(
        Content(entity, schema, prop, value, op=op), source, Asserter("centre.a.example", now_text(), grade=Grade("B", 2)), marking
    )


class Alarm(Served):
    """The node and its alerts."""

    def __init__(self, folder: Path, **told: object) -> None:
        files = Home(folder / "node")
        self.config = replace(CONFIG, **told)  # type: ignore[arg-type]
        set_up(files, self.config)
        self.real = Node(files, self.config)
        self.real.views.fold(self.real.ledger)
        self.alerts = opened(self.real)
        self.alerts.match()
        self.now = now_text()
        self.api = AlertApi(self.alerts)
        routes = (*self.api.routes(), *AlertPages(SITE, self.alerts).routes())
        self.app, self.desk = build_app(self.real, files.path, replace(SETTINGS, more=routes), clock=now_text)
        self.node = self.real  # type: ignore[assignment]
        self.local = self.client("127.0.0.1", {"Saksi-Purpose": "a test"})
        self.far = self.client("192.0.2.7", {})
        cheap(self)

    def client(self, address: str, headers: dict[str, str]) -> Client:
        return Client(self.app, address, headers)

    def person(self, name: str = "Ann", clearance: str = "AMBER") -> str:
        """A person who may look; gives their pseudonym."""
        return self.alerts.owners.register.add(name, read_post("unit one", ["analyst"], clearance), by="command-line")[0].id

    def save(self, owner: str, how: str, what: str, role: str = "", **channels: str) -> Alert:
        return self.alerts.save(owner, Wish(Search(how, what, role), "a test", **channels))

    def take(self, *statements: Statement) -> list[str]:
        """Statements come in, and are matched; gives their references."""
        refs = self.real.ledger.append(statements)
        self.real.views.fold(self.real.ledger)
        self.alerts.match()
        return refs

    def amend(self, ref: str, target: Statement, op: Op, *, tlp: Tlp | None = None) -> None:
        handling = target.handling if tlp is None else replace(target.handling, tlp=tlp)
        asserter = Asserter("centre.a.example", now_text())
        self.take(Statement(Amendment(op, ref, reason="a test"), target.source, asserter, handling))

    def told(self, alert: Alert, **more: bool) -> list[str]:
        """What the owner of an alert may be told of all that was found."""
        return [each.entity for each in self.alerts.teller.told(alert, self.alerts.store.hits(alert=alert.id), way="test", **more)]

    def close(self) -> None:
        self.alerts.close()
        super().close()


def _pair(folder: Path) -> tuple[Path, Path]:
    """A certificate for hook.a.example that signs itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.a.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.a.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "hook.pem", folder / "hook.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths


class Hook:
    """A webhook on loopback, over TLS. `answer` writes to the open line; `met` holds what came."""

    def __init__(self, folder: Path) -> None:
        certificate, key = _pair(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.context = ssl.create_default_context(cafile=certificate)
        self.met: list[bytes] = []
        self.answer: Callable[[ssl.SSLSocket], None] = lambda line: line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self.port = self._server.getsockname()[1]
        self.url = f"https://hook.a.example:{self.port}/in"
        self._end = threading.Event()
        self._tls = context
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._end.is_set():
            try:
                plain, _ = self._server.accept()
            except TimeoutError:
                continue
            try:
                plain.settimeout(5)
                with self._tls.wrap_socket(plain, server_side=True) as line:
                    self.met.append(_request(line))
                    self.answer(line)
            except OSError:
                pass
            finally:
                plain.close()

    def close(self) -> None:
        self._end.set()
        self._thread.join(10)
        self._server.close()


def _request(line: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < int(
        data.lower().partition(b"content-length: ")[2].split(b"\r")[0]
    ):
        piece = line.recv(65_536)
        if not piece:
            break
        data += piece
    return data


@contextmanager
def hook(folder: Path) -> Iterator[Hook]:
    """A webhook while the block runs."""
    made = Hook(folder)
    try:
        yield made
    finally:
        made.close()


def trickle(line: ssl.SSLSocket) -> None:
    """An answer that never comes to its end, a byte at a time."""
    for byte in b"HTTP/1.1 " + b"2" * 50:
        line.sendall(bytes([byte]))
        time.sleep(0.05)
