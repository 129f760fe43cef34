"""The certificate that a node serves with, tried before anything listens: whoever starts it hears what is wrong, not every caller."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from saksi.app.files import read_small, to_read
from saksi.model import BadInput, NotAllowed

__all__ = ["check_certificate"]


def check_certificate(certificate: Path, key: Path, *, now: datetime | None = None) -> None:
    """Refuse a certificate that is none, is not valid now, or does not belong to its key. Raises NotAllowed."""
    try:
        chain = x509.load_pem_x509_certificates(read_small(certificate, what="a certificate"))
    except (BadInput, ValueError) as fault:
        why = str(fault.what) if isinstance(fault, BadInput) else "it is no certificate (PEM)"
        raise NotAllowed(f"the certificate cannot be read: {why}", where=str(certificate), todo="give a readable PEM file") from fault
    first, moment = chain[0], now or datetime.now(UTC)
    if not first.not_valid_before_utc <= moment <= first.not_valid_after_utc:
        what = (
            f"the certificate is valid from {first.not_valid_before_utc:%Y-%m-%d %H:%M} to {first.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        )
        raise NotAllowed(what, where=str(certificate), todo="get a new one, or set this machine's clock right: callers would refuse it")
    try:
        to_read(key)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_locked)
    except _Locked as fault:
        todo = "take the passphrase off, and let nobody but this user read the file: a service cannot be asked"
        raise NotAllowed("the private key is locked with a passphrase", where=str(key), todo=todo) from fault
    except (BadInput, OSError, ValueError) as fault:  # an SSLError is an OSError
        why = fault.what if isinstance(fault, BadInput) else "it is not the key of the certificate, or no key (PEM)"
        raise NotAllowed(
            f"the private key cannot be used: {why}", where=str(key), todo="give the key the certificate was made for"
        ) from fault


class _Locked(Exception):
    """The key asks for a passphrase."""


def _locked() -> str:
    raise _Locked
