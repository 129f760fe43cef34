"""Passkeys (WebAuthn): several a person, each made and used with a check of the person by the device itself (PIN, finger, face)."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
from dataclasses import dataclass
from hashlib import sha256

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from saksi.app.people.person import Person
from saksi.app.people.store import Store
from saksi.model import BadInput, NotAllowed

__all__ = ["Passkey", "Passkeys", "Site"]

_CHALLENGE_SECONDS = 300
_MOST = 20
_WRONG = "the passkey did not answer as it should"


@dataclass(frozen=True, slots=True)
class Site:
    """The node as a browser sees it: the host's name, and the whole origin."""

    host: str
    origin: str
    title: str

    @property
    def takes_passkeys(self) -> bool:
        """Browsers tie passkeys to names, never to bare addresses."""
        try:
            ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as it is listed; times are seconds since 1970 UTC."""

    id: bytes
    label: str
    made: int
    used: int | None


class Passkeys:
    """The passkeys of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, person: str) -> tuple[Passkey, ...]:
        """A person's passkeys, oldest first."""
        with self._store.rows() as rows:
            found = rows.execute("SELECT id, label, made, used FROM passkey WHERE person = ? ORDER BY made, id", (person,)).fetchall()
        return tuple(Passkey(*row) for row in found)

    def ask_new(self, person: Person, session: str, site: Site) -> str:
        """What the browser needs to make a passkey (JSON)."""
        have = self.of(person.id)
        if len(have) >= _MOST:
            raise NotAllowed(f"at most {_MOST} passkeys a person", todo="remove one first")
        return options_to_json(
            webauthn.generate_registration_options(
                rp_id=site.host,
                rp_name=site.title,
                user_id=person.id.encode(),
                user_name=person.name,
                challenge=self._challenge(session),
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
                ),
                exclude_credentials=[PublicKeyCredentialDescriptor(id=each.id) for each in have],
            )
        )

    def add(self, person: Person, session: str, site: Site, *, answer: str, label: str) -> None:
        """Keep a passkey that the browser made. Raises BadInput where its answer is not one to the question asked in this session."""
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=self._expected(answer, session),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
            raise BadInput(_WRONG, where="passkey", todo="try again") from fault
        name = base64.urlsafe_b64encode(made.credential_id).decode("ascii")[:12]
        with self._store.change(person.id, "add-passkey", person.id, passkey=name) as rows:
            if rows.execute("SELECT 1 FROM passkey WHERE id = ?", (made.credential_id,)).fetchone():
                raise BadInput("this passkey is known already", where="passkey")
            rows.execute(
                "INSERT INTO passkey VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (made.credential_id, person.id, made.credential_public_key, made.sign_count, label[:80] or name, self._store.clock()),
            )

    def ask(self, session: str, site: Site) -> str:
        """What the browser needs to show a passkey (JSON); `session` is empty before sign-in. The same for everybody."""
        options = webauthn.generate_authentication_options(
            rp_id=site.host, challenge=self._challenge(session), user_verification=UserVerificationRequirement.REQUIRED
        )
        return options_to_json(options)

    def check(self, session: str, site: Site, *, answer: str) -> str:
        """The pseudonym of whoever showed a passkey. Raises NotAllowed, with the same words for every reason."""
        try:
            shown = parse_authentication_credential_json(answer)
            raw, handle = shown.raw_id, shown.response.user_handle
            with self._store.rows() as rows:
                row = rows.execute("SELECT person, public, count FROM passkey WHERE id = ?", (raw,)).fetchone()
            challenge = self._expected(answer, session)
            if row is None or not hmac.compare_digest(handle or row[0].encode(), row[0].encode()):
                raise NotAllowed(_WRONG, where="passkey")
            made = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=row[1],
                credential_current_sign_count=row[2],
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
            raise NotAllowed(_WRONG, where="passkey") from fault
        with self._store.rows() as rows:  # a count moves on once, whoever else shows the same
            done = rows.execute(
                "UPDATE passkey SET count = ?, used = ? WHERE id = ? AND count = ?", (made.new_sign_count, self._store.clock(), raw, row[2])
            )
        if done.rowcount != 1:
            raise NotAllowed(_WRONG, where="passkey")
        return str(row[0])

    def remove(self, person: str, id_: bytes) -> None:
        """Forget a passkey of this person."""
        name = base64.urlsafe_b64encode(id_).decode("ascii")[:12]
        with self._store.change(person, "remove-passkey", person, passkey=name) as rows:
            if rows.execute("DELETE FROM passkey WHERE id = ? AND person = ?", (id_, person)).rowcount != 1:
                raise BadInput("there is no such passkey", where="passkey")

    def _challenge(self, session: str) -> bytes:
        challenge, now = self._store.random(32), self._store.clock()
        with self._store.rows() as rows:
            rows.execute("DELETE FROM challenge WHERE until < ? OR until > ?", (now, now + _CHALLENGE_SECONDS))
            rows.execute("INSERT INTO challenge VALUES (?, ?, ?)", (sha256(challenge).digest(), session, now + _CHALLENGE_SECONDS))
        return challenge

    def _expected(self, answer: str, session: str) -> bytes:
        """The challenge that an answer is to, if it was asked in this session and not answered before. Raises NotAllowed."""
        data = parse_client_data_json(base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"]))
        with self._store.rows() as rows:  # one try each, whatever comes of it
            found = rows.execute(
                "DELETE FROM challenge WHERE digest = ? RETURNING session, until", (sha256(data.challenge).digest(),)
            ).fetchone()
        now = self._store.clock()
        if found is None or found[0] != session or not now <= found[1] <= now + _CHALLENGE_SECONDS:
            raise NotAllowed(_WRONG, where="passkey", todo="try again")
        return data.challenge
