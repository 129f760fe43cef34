"""Signatures on letters: PAdES inside the PDF with the authority's certificate, or a CMS file beside it with the node's own key.

Sources: ETSI EN 319 142-1 (PAdES baseline B-B), RFC 5652 (CMS). A certified PDF says itself where it was changed after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import TypeVar

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

from saksi.exchange.letter import Signer
from saksi.model import BadInput

__all__ = ["Seal", "detached", "own_seal", "read_seal", "sealed"]

_T = TypeVar("_T")
_FIELD = "Authority"
_Key = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Seal:
    """A key with its certificate and the certificates above it (nearest first, without the root where that is known to all)."""

    key: _Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    vouched: bool

    @property
    def signer(self) -> Signer:
        """Who signs, for the letter."""
        made = self.certificate
        return Signer(made.subject.rfc4514_string(), made.issuer.rfc4514_string(), made.fingerprint(hashes.SHA256()).hex(), self.vouched)


def read_seal(certificates: bytes, key: bytes, password: bytes | None = None) -> Seal:
    """The authority's seal from PEM: its certificate first, then those above it; its private key, which may have a password."""
    try:
        first, *chain = x509.load_pem_x509_certificates(certificates)
        private = serialization.load_pem_private_key(key, password)
    except (ValueError, TypeError) as fault:
        raise BadInput(f"not a certificate and its key in PEM: {fault}", where="seal", todo="check the files and the password") from fault
    if not isinstance(private, EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey):
        raise BadInput("a letter is signed with an RSA, an elliptic-curve or an Ed25519 key", where="seal")
    if private.public_key() != first.public_key():
        raise BadInput("the key is not that of the first certificate", where="seal")
    if isinstance(private, RSAPrivateKey) and private.key_size < 2048:
        raise BadInput("an RSA key has 2,048 bits at least", where="seal")
    return Seal(private, first, tuple(chain), vouched=first.issuer != first.subject)


def own_seal(key: Ed25519PrivateKey, name: str, at: datetime) -> Seal:
    """A seal that nobody else vouches for: the node's own key, under a certificate that it signs itself, made anew for each use."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_USAGE, critical=True)
    )  # fmt: skip
    return Seal(key, made.sign(key, None), (), vouched=False)


def sealed(pdf: bytes, seal: Seal, at: datetime) -> bytes:
    """The PDF with a certifying signature inside; `at` is a UTC time. Raises BadInput where the certificate is not valid then."""
    _valid(seal, at)
    meta = signers.PdfSignatureMetadata(
        field_name=_FIELD, md_algorithm=_digest(seal), certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
    )  # fmt: skip
    try:
        writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=True)
    except (PdfReadError, ValueError) as fault:
        raise BadInput(f"not a PDF that can be signed: {fault}", where="letter") from fault
    made = _apart(lambda: _Signer(meta, seal, at).sign_pdf(writer))
    return bytes(made.getbuffer())


def detached(data: bytes, seal: Seal, at: datetime) -> bytes:
    """A CMS signature over `data`, to lie beside it (DER); `at` is a UTC time."""
    _valid(seal, at)
    told = PdfCMSSignedAttributes(signing_time=at)
    made = _apart(lambda: asyncio.run(_signer(seal).async_sign_general_data(data, _digest(seal), detached=True, signed_attr_settings=told)))
    return bytes(made.dump())


def _apart(work: Callable[[], _T]) -> _T:
    """Sign in a thread of its own: the library runs a loop of its own, which a thread that has one refuses."""
    with ThreadPoolExecutor(1, "signer") as thread:
        return thread.submit(work).result()


_USAGE = x509.KeyUsage(
    digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False, key_agreement=False,
    key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


class _Signer(signers.PdfSigner):
    """Signs into a field that no page shows (PDF/UA wants such a field hidden and named), at the time it is told."""

    def __init__(self, meta: signers.PdfSignatureMetadata, seal: Seal, at: datetime) -> None:
        hidden = fields.InvisSigSettings(set_print_flag=False, set_hidden_flag=True)
        field = fields.SigFieldSpec(_FIELD, invis_sig_settings=hidden, readable_field_name="Signature of the authority")
        super().__init__(meta, signer=_signer(seal), new_field_spec=field)
        self._at = at

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        """The library's session, with our time in it."""
        made = super().init_signing_session(pdf_out, existing_fields_only=existing_fields_only)
        made.system_time = self._at
        return made


def _digest(seal: Seal) -> str:
    return "sha512" if isinstance(seal.key, Ed25519PrivateKey) else "sha256"


def _signer(seal: Seal) -> signers.SimpleSigner:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(_asn1(each) for each in seal.chain)
    private = seal.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(_asn1(seal.certificate), asn1_keys.PrivateKeyInfo.load(private), store)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _valid(seal: Seal, at: datetime) -> None:
    for each in (seal.certificate, *seal.chain):
        if not each.not_valid_before_utc <= at <= each.not_valid_after_utc:
            raise BadInput(
                f"the certificate {each.subject.rfc4514_string()} is valid from {each.not_valid_before_utc:%Y-%m-%d} "
                f"to {each.not_valid_after_utc:%Y-%m-%d}", where="seal", todo="set up one that is valid",
            )  # fmt: skip
