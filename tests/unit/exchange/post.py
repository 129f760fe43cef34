"""An invented office, bank, requests, seals and mails for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

import saksi.app.web
from saksi.actions import FIRST, Actor, Ground, Kind, Money, Party, Recipient, Request, Role, Step, Target, Urgency, Word, begun, taken
from saksi.actions.history import History
from saksi.exchange import Entry, Office
from saksi.exchange.letter import Letter
from saksi.exchange.seal import Seal, own_seal, read_seal
from saksi.ledger.checkpoint import Checkpoint

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """In a thread of its own: a browser test may have left a running loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


ORIGIN = "centre.a.example/saksi/1"
SENT = "2026-06-01T08:00:00Z"
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
FONTS = Path(saksi.app.web.__path__[0]) / "static" / "a"
OFFICE = Office(
    name="Centre A (synthetic)", place="1 Example Street, A", callback="+99 100 200 300", mail="requests@centre.a.example",
    contest="Write to review@centre.a.example or to 1 Example Street, A.", origin=ORIGIN,
)  # fmt: skip
BANK = Entry(
    id="bank-b", party=Party.BANK, name="Bank B (synthetic)", address="fraud@bank.b.example", languages=("en",), offset=420,
    callback="+99 400 500 600", bic="BANKXBXB", covers={"banks": ("XB:BANKB",)},
)  # fmt: skip
ONE, TWO = "account:XB:BANKB:0001", "account:XB:BANKB:0002"
SEEN = Checkpoint(ORIGIN, 1204, b"r" * 32)


def ref(number: int) -> str:
    return f"{ORIGIN}#{number:064x}"


HOLD = Request(
    id="0123456789abcdef" * 2, nonce="1" * 32, kind=Kind.HOLD, to=Recipient(BANK.id, BANK.party, BANK.name, BANK.address),
    targets=(Target(ONE, Money("1200.50", "XBD")), Target(TWO, Money("80", "XBD"))), grounds=(Ground(ref(1)), Ground(ref(2), "machine")),
    offence="fraud", instrument="bank recall agreement", legal_basis="Act 1 of A, section 2",
    purpose="to keep a victim's payment within reach", proportionality="the two payments reported, and nothing above them",
    urgency=Urgency.FLOWING, officer="analyst-1", unit="unit-x", until="2026-06-06T00:00:00Z", living_costs="300 XBD stay free",
    holder_language="en", exculpatory=(ref(7),),
)  # fmt: skip
RECALL = replace(HOLD, kind=Kind.RECALL, until=None, living_costs=None)
HOSTER = Recipient("host-c", Party.HOST, "Host C (synthetic)", "abuse@host.c.example")
TAKEDOWN = replace(
    HOLD, kind=Kind.TAKEDOWN, to=HOSTER, living_costs=None, until="2026-07-01T00:00:00Z",
    targets=(Target("url:https://pay.shop.example/login?a=1&b=<2>"), Target("host:shop.example"), Target("ip:2001:db8::7")),
)  # fmt: skip
SUSPEND = replace(
    TAKEDOWN, kind=Kind.SUSPEND, until="2026-06-20T00:00:00Z", to=Recipient("telco-d", Party.TELCO, "Telco D", "abuse@telco.d.example"),
    targets=(Target("phone:+9910020030"), Target("handle:telegram:some_name"), Target("handle:facebook:id/100001")),
)  # fmt: skip


def history(asked: Request = HOLD) -> History:
    """A request that was drafted, approved, reviewed and sent."""
    people = {
        Word.DRAFT: Actor("analyst-1", "unit-x", frozenset({Role.ANALYST})),
        Word.APPROVE: Actor("approver-1", "unit-x", frozenset({Role.APPROVER})),
        Word.REVIEW: Actor("reviewer-1", "unit-y", frozenset({Role.REVIEWER})),
        Word.SEND: Actor("analyst-1", "unit-x", frozenset({Role.ANALYST})),
    }
    have: History | None = None
    for word, actor in people.items():
        step = Step(
            request=asked.id, word=word, at=SENT, after=FIRST if have is None else have.head, person=actor.person, unit=actor.unit,
            role=next(iter(actor.roles)), asked=asked if word is Word.DRAFT else None,
            subject=asked.digest() if word in {Word.APPROVE, Word.REVIEW} else None, text="read it",
            targets=tuple(each.entity for each in asked.targets) if word in {Word.APPROVE, Word.REVIEW} else (),
        )  # fmt: skip
        have = begun(step, actor) if have is None else taken(have, step, actor)
    assert have is not None
    return have


@cache
def own() -> Seal:
    return own_seal(Ed25519PrivateKey.from_private_bytes(b"k" * 32), "Centre A (synthetic)", NOW)


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, by: str, signed: ec.EllipticCurvePrivateKey, *, top: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    usage = x509.KeyUsage(
        digital_signature=not top, content_commitment=not top, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=top, crl_sign=top, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(by)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=30)).not_valid_after(NOW + timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=top, path_length=None), critical=True).add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signed.public_key()), critical=False)
    )  # fmt: skip
    if not top:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    return made.sign(signed, hashes.SHA256())


@cache
def authority() -> tuple[bytes, bytes, bytes]:
    """Certificate and key of the office, and the root above them, in PEM: a certification authority of this test alone."""
    top, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Root of the tests", top, "Root of the tests", top, top=True)
    leaf = _certificate("Centre A", key, "Root of the tests", top, top=False)
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return leaf.public_bytes(serialization.Encoding.PEM), plain, root.public_bytes(serialization.Encoding.PEM)


@cache
def vouched() -> Seal:
    leaf, key, root = authority()
    return read_seal(leaf + root, key)


def letter(asked: Request = HOLD, **more: object) -> Letter:
    made = Letter(asked=asked, office=OFFICE, sent_at=SENT, seen=SEEN, signer=own().signer, languages=("en",), offset=420)
    return replace(made, **more)  # type: ignore[arg-type]


HOSTILE = (
    "<script>alert(1)</script><img src='https://evil.example/a.png'>{{ 7*7 }}\r\nBcc: all@victims.example\r\n\r\nbody",
    "\u202eevil\u202c \u2066hidden\u2069 \u200e\u061c\x00\x1b[31m\x85\u2028",
    "A" * 100_000,
    "z\u0334\u0335\u0336\u0337\u0338\u0339\u033a\u033b" * 40,
    "\ud800\udfff\ufffe",
    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;]]>",
)  # fmt: skip
