"""Sign-in at the authority's own identity provider (OpenID Connect): authorization code with PKCE, the token checked claim by claim.

Documents come from the configured issuer alone, over https (plain http only to this machine itself), without following redirects.
Sources: OpenID Connect Core 1.0 (3.1.3.7), RFC 7636, RFC 9700.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import jwt

from saksi.app.people.store import Store
from saksi.model import BadInput, Json, NotAllowed, PeerFault

__all__ = ["Asking", "Fetch", "Provider", "Told"]

Fetch: TypeAlias = "Callable[[str, bytes | None, Mapping[str, str]], bytes]"
_SIGNED = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
_LEEWAY, _OLDEST, _ASKING_SECONDS = 60, 600, 600
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PLACE = "provider"


@dataclass(frozen=True, slots=True)
class Told:
    """What the node is told of its provider; `secret` is empty where it has none and PKCE alone stands."""

    issuer: str
    client: str
    secret: str = ""

    def __post_init__(self) -> None:
        _check_address(self.issuer, "oidc_issuer")
        if not self.client:
            raise BadInput("the name of the node at the provider is missing", where="oidc_client")


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that was put to the provider: where the browser goes, and what it brings back in a cookie, sealed."""

    address: str
    cookie: str


class Provider:
    """The identity provider of an authority. `fetch` gets a document, or posts a body where one is given."""

    def __init__(self, told: Told, store: Store, fetch: Fetch) -> None:
        self.told = told
        self._store = store
        self._fetch = fetch

    def ask(self, back: str) -> Asking:
        """Begin: state, nonce and verifier are random, and sealed into the cookie of the browser that asked."""
        state, nonce, verifier = (self._word() for _ in range(3))
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "back": back, "until": self._store.clock() + _ASKING_SECONDS}
        asked = {
            "response_type": "code",
            "client_id": self.told.client,
            "redirect_uri": back,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": _text(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        to = self._about("authorization_endpoint")
        return Asking(f"{to}{'&' if '?' in to else '?'}{urlencode(asked)}", _text(self._store.seal(_PLACE, json.dumps(kept).encode())))

    def answer(self, cookie: str, given: Mapping[str, str]) -> str:
        """The subject, from what the provider sent the browser back with. Raises NotAllowed where anything is not as it was asked for."""
        kept = self._kept(cookie)
        if not hmac.compare_digest(given.get("state", "").encode(), str(kept["state"]).encode()):
            raise NotAllowed("this answer was asked for by another browser, or too long ago", todo="sign in again")
        if given.get("iss", self.told.issuer) != self.told.issuer:  # RFC 9207
            raise NotAllowed("the answer comes from another provider")
        if "code" not in given:
            raise NotAllowed("the provider did not let you in", todo="sign in again, or ask who runs the provider")
        body = {
            "grant_type": "authorization_code",
            "code": given["code"],
            "redirect_uri": str(kept["back"]),
            "client_id": self.told.client,
            "code_verifier": str(kept["verifier"]),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.told.secret:
            pair = f"{quote(self.told.client, safe='')}:{quote(self.told.secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
        token = _object(self._fetch(self._about("token_endpoint"), urlencode(body).encode(), headers)).get("id_token")
        if not isinstance(token, str):
            raise PeerFault("the provider gave no token", where=self.told.issuer)
        return self._subject(token, str(kept["nonce"]))

    def _subject(self, token: str, nonce: str) -> str:
        """Check a token: 1. signed as agreed, by a key of the issuer; 2. by the issuer, for this node; 3. in time; 4. to this question."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in _SIGNED:
                raise NotAllowed("the provider's token is not signed in a way that is taken")
            claims = jwt.decode(
                token,
                self._key(header.get("kid"), algorithm),
                algorithms=[algorithm],
                audience=self.told.client,
                issuer=self.told.issuer,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.PyJWTError as fault:
            raise NotAllowed("the provider's token is not one for this node", where=type(fault).__name__) from fault
        audience, party = claims["aud"], claims.get("azp")
        if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in {None, self.told.client}:
            raise NotAllowed("the provider's token is for another party")
        now, expires, issued = self._store.clock(), claims["exp"], claims["iat"]
        if not all(isinstance(each, int) for each in (expires, issued)) or not now - _OLDEST <= issued <= now + _LEEWAY:
            raise NotAllowed("the provider's token is not from now", todo="compare the clocks of the node and the provider")
        if now >= expires + _LEEWAY:
            raise NotAllowed("the provider's token has expired", todo="sign in again")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotAllowed("the provider's token answers another question")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            raise NotAllowed("the provider's token names nobody")
        return subject

    def _key(self, name: object, algorithm: str) -> jwt.PyJWK:
        keys = _object(self._fetch(self._about("jwks_uri"), None, {"Accept": "application/json"})).get("keys")
        if not isinstance(keys, list):
            raise PeerFault("the provider's keys cannot be read", where=self.told.issuer)
        fit = [
            each
            for each in keys
            if isinstance(each, dict) and each.get("use", "sig") == "sig" and (name is None or each.get("kid") == name)
        ]
        if len(fit) != 1:
            raise NotAllowed("the provider's token is signed by no key of the provider")
        return jwt.PyJWK(dict(fit[0]), algorithm)

    def _about(self, name: str) -> str:
        """An address of the provider, from its own document, fetched anew: it is asked for a few times a day by each person."""
        about = _object(
            self._fetch(self.told.issuer.rstrip("/") + "/.well-known/openid-configuration", None, {"Accept": "application/json"})
        )
        found = about.get(name)
        if about.get("issuer") != self.told.issuer or not isinstance(found, str):
            raise PeerFault("the provider's document is not its own", where=self.told.issuer, todo="look at oidc_issuer in the settings")
        _check_address(found, name)
        return found

    def _kept(self, cookie: str) -> Mapping[str, Json]:
        try:
            data = self._store.unseal(_PLACE, base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))
        except ValueError:
            data = None
        kept = {} if data is None else _object(data)
        until, now = kept.get("until"), self._store.clock()
        if not isinstance(until, int) or not now < until <= now + _ASKING_SECONDS:
            raise NotAllowed("this answer was asked for by another browser, or too long ago", todo="sign in again")
        return kept

    def _word(self) -> str:
        return _text(self._store.random(32))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _object(data: bytes) -> Mapping[str, Json]:
    try:
        made = json.loads(data)
    except ValueError as fault:
        raise PeerFault("the provider's answer is not JSON") from fault
    if not isinstance(made, dict):
        raise PeerFault("the provider's answer is not what it should be")
    return made


def _check_address(text: str, where: str) -> None:
    parts = urlsplit(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise BadInput("an address with https is expected", where=where)
    if parts.username or parts.fragment or not parts.hostname:
        raise BadInput("an address of a host, without a user or a fragment, is expected", where=where)
