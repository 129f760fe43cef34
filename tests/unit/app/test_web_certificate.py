"""Certificates that a node cannot serve with are refused in words before it listens, and a log's that is not trusted before it is read."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from saksi.app.web.certificate import check_certificate
from saksi.ledger.source import WebSource
from saksi.model import NotAllowed, PeerFault

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def _key(path: Path, *, word: bytes = b"") -> EllipticCurvePrivateKey:
    made = generate_private_key(SECP256R1())
    lock = BestAvailableEncryption(word) if word else NoEncryption()
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return made


def _certificate(path: Path, key: EllipticCurvePrivateKey) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=30))
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))


def test_a_certificate_is_tried_before_anything_listens(tmp_path: Path) -> None:
    certificate, key, other, locked = (tmp_path / name for name in ("c.pem", "k.pem", "o.pem", "l.pem"))
    _certificate(certificate, _key(key))
    _key(other)
    check_certificate(certificate, key, now=NOW + timedelta(days=1))
    for moment in (NOW - timedelta(seconds=1), NOW + timedelta(days=31)):
        with pytest.raises(NotAllowed, match="valid from 2026-01-31 00:00 to 2026-03-02 00:00 UTC"):
            check_certificate(certificate, key, now=moment)
    for wrong in (other, certificate):
        with pytest.raises(NotAllowed, match="not the key of the certificate"):
            check_certificate(certificate, wrong, now=NOW)
    for none in (key, tmp_path / "absent.pem", tmp_path):
        with pytest.raises(NotAllowed, match="cannot be read"):
            check_certificate(none, key, now=NOW)
    _certificate(certificate, _key(locked, word=b"a word"))
    with pytest.raises(NotAllowed, match="locked with a passphrase"):
        check_certificate(certificate, locked, now=NOW)


def test_a_log_behind_a_certificate_that_nobody_trusts_is_not_read(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    _certificate(certificate, _key(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                context.wrap_socket(listening.accept()[0], server_side=True).close()

        served = Thread(target=serve)
        served.start()
        with pytest.raises(PeerFault, match="the server's certificate is refused: self-signed certificate") as refused:
            WebSource(f"https://127.0.0.1:{listening.getsockname()[1]}/log", timeout=5.0).get("checkpoint")
        served.join()
    assert "nothing was read" in (refused.value.todo or "")
