"""Sign-in at an identity provider: a small one on loopback, which also lies."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
from calls import Served
from crew import KNOCK, Crew
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from browser import Browser, app_code, cheap, people_of, settled
from saksi.app.people.fetch import fetch
from saksi.app.people.provider import Asking, Provider, Told
from saksi.model import BadInput, NotAllowed, PeerFault

BACK = "http://localhost/sign-in/back"
KEY, OTHER = (rsa.generate_private_key(65537, 2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())


class Issuer:
    """An identity provider. `lies` replaces claims, `about` parts of its document; `header` and `key` sign the token."""

    def __init__(self) -> None:
        self.lies: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.algorithm, self.key, self.kid = "RS256", KEY, "one"
        self.asked: dict[str, str] = {}
        self.posted: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.status = 200
        self.token: str | None = None
        self.now = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if "openid-configuration" in self.path:
                    names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                    urls = {name: f"{issuer.address}/{path}" for name, path in names.items()}
                    self.say({"issuer": issuer.address, **urls, **issuer.about})
                else:
                    self.say({"keys": issuer.keys()})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                issuer.posted = {name: values[0] for name, values in parse_qs(body).items()}
                issuer.headers = dict(self.headers.items())
                self.say({"access_token": "unused", "token_type": "Bearer", "id_token": issuer.made()})

            def say(self, body: object) -> None:
                data = json.dumps(body).encode()
                self.send_response(issuer.status)
                if issuer.status == 302:
                    self.send_header("Location", f"{issuer.address}/elsewhere")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def keys(self) -> list[dict[str, object]]:
        algorithms = jwt.algorithms
        return [
            {**json.loads(algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "one", "use": "sig"},
            {**json.loads(algorithms.ECAlgorithm.to_jwk(CURVE.public_key())), "kid": "two"},
            {**json.loads(algorithms.RSAAlgorithm.to_jwk(OTHER.public_key())), "kid": "three", "use": "enc"},
        ]

    def made(self) -> str:
        if self.token is not None:
            return self.token
        claims = {"iss": self.address, "aud": "node-a", "sub": "s-1", "iat": self.now, "exp": self.now + 300, "nonce": self.asked["nonce"]}
        told = {name: value for name, value in {**claims, **self.lies}.items() if value is not None}
        return jwt.encode(told, self.key, self.algorithm, headers={"kid": self.kid})  # type: ignore[arg-type]

    def visit(self, asking: Asking) -> dict[str, str]:
        """What a browser brings back from the provider."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(asking.address).query).items()}
        return {"code": "c-1", "state": self.asked["state"]}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    made = Crew(tmp_path / "people")
    yield made
    made.people.close()


@pytest.fixture
def provider(crew: Crew, issuer: Issuer) -> Provider:
    issuer.now = crew.now
    return Provider(Told(issuer.address, "node-a", "a secret: & more"), crew.store, fetch)


def come_back(provider: Provider, issuer: Issuer) -> str:
    asking = provider.ask(BACK)
    return provider.answer(asking.cookie, issuer.visit(asking))


def test_the_subject_is_told(provider: Provider, issuer: Issuer) -> None:
    assert come_back(provider, issuer) == "s-1"
    verifier = issuer.posted["code_verifier"]
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert (issuer.asked["code_challenge"], issuer.asked["code_challenge_method"]) == (challenge, "S256")
    assert (issuer.asked["redirect_uri"], issuer.posted["redirect_uri"], issuer.asked["scope"]) == (BACK, BACK, "openid")
    assert issuer.headers["Authorization"] == "Basic " + base64.b64encode(b"node-a:a%20secret%3A%20%26%20more").decode()
    again = provider.ask(BACK)
    assert issuer.asked["state"] not in again.address
    assert issuer.asked["nonce"] not in again.address


def test_another_curve_and_a_list_of_one_audience_are_taken(provider: Provider, issuer: Issuer) -> None:
    issuer.algorithm, issuer.key, issuer.kid = "ES256", CURVE, "two"  # type: ignore[assignment]
    issuer.lies = {"aud": ["node-a"], "azp": "node-a"}
    assert come_back(provider, issuer) == "s-1"


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "node-b"}, {"aud": ["node-a", "node-b"]}, {"azp": "node-b"}, {"iss": "https://b.example"},
        {"exp": 1_800_000_000 - 61}, {"exp": None}, {"iat": 1_800_000_000 + 61}, {"iat": 1_800_000_000 - 601}, {"iat": None}, {"sub": ""},
        {"sub": None}, {"sub": "x" * 256}, {"exp": "soon"}, {"aud": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_lies_is_refused(provider: Provider, issuer: Issuer, lies: dict[str, object]) -> None:
    issuer.lies = lies
    with pytest.raises(NotAllowed):
        come_back(provider, issuer)


def unsigned(issuer: Issuer) -> str:
    claims = {
        "iss": issuer.address,
        "aud": "node-a",
        "sub": "s-1",
        "iat": issuer.now,
        "exp": issuer.now + 300,
        "nonce": issuer.asked["nonce"],
    }
    return jwt.encode(claims, None, "none")


def test_a_token_without_a_signature_is_refused(provider: Provider, issuer: Issuer) -> None:
    asking = provider.ask(BACK)
    given = issuer.visit(asking)
    issuer.token = unsigned(issuer)
    with pytest.raises(NotAllowed, match="not signed"):
        provider.answer(asking.cookie, given)


def test_a_token_signed_with_what_everybody_knows_is_refused(provider: Provider, issuer: Issuer) -> None:
    issuer.algorithm, issuer.key = "HS256", b"the public key, or the secret, as a password"  # type: ignore[assignment]
    with pytest.raises(NotAllowed, match="not signed"):
        come_back(provider, issuer)


@pytest.mark.parametrize(("key", "kid"), [(OTHER, "one"), (OTHER, "three"), (KEY, "four"), (KEY, "two")])
def test_a_token_signed_by_another_key_is_refused(provider: Provider, issuer: Issuer, key: object, kid: str) -> None:
    issuer.key, issuer.kid = key, kid  # type: ignore[assignment]
    with pytest.raises(NotAllowed):
        come_back(provider, issuer)


@pytest.mark.parametrize(
    "change", [{"state": "another"}, {"state": ""}, {"iss": "https://b.example"}, {"code": None}], ids=str
)  # fmt: skip
def test_an_answer_to_another_question_is_refused(provider: Provider, issuer: Issuer, change: dict[str, str | None]) -> None:
    asking = provider.ask(BACK)
    given = {name: value for name, value in {**issuer.visit(asking), **change}.items() if value is not None}
    with pytest.raises(NotAllowed):
        provider.answer(asking.cookie, given)


def test_an_answer_needs_the_cookie_of_the_browser_that_asked_and_in_time(provider: Provider, issuer: Issuer, crew: Crew) -> None:
    asking = provider.ask(BACK)
    given = issuer.visit(asking)
    for cookie in ("", "nonsense", provider.ask(BACK).cookie, asking.cookie[:-2] + "AA"):
        with pytest.raises(NotAllowed):
            provider.answer(cookie, given)
    for seconds in (600, -700):
        crew.later(seconds)
        with pytest.raises(NotAllowed, match="too long ago"):
            provider.answer(asking.cookie, given)
        crew.later(-seconds)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://b.example"}, {"token_endpoint": "http://b.example/token"}, {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": None}, {"token_endpoint": "https://user@b.example/"}, {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)  # fmt: skip
def test_a_document_that_is_not_the_issuers_own_is_refused(provider: Provider, issuer: Issuer, about: dict[str, object]) -> None:
    issuer.about = about
    with pytest.raises((PeerFault, BadInput)):
        come_back(provider, issuer)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_no_redirect_is_followed(provider: Provider, issuer: Issuer, status: int) -> None:
    issuer.status = status
    with pytest.raises(PeerFault, match="did not answer"):
        provider.ask(BACK)


def test_a_provider_that_is_not_there_or_talks_nonsense(crew: Crew) -> None:
    for address, get in (
        ("http://127.0.0.1:9", fetch),
        ("https://a.example", lambda *_: b"[]"),
        ("https://a.example", lambda *_: b"<html>"),
    ):
        with pytest.raises(PeerFault):
            Provider(Told(address, "node-a"), crew.store, get).ask(BACK)


@pytest.mark.parametrize("issuer_at", ["http://a.example", "a.example", "https://", "https://u@a.example", "https://a.example/#x"])
def test_an_issuer_is_an_address_with_tls(issuer_at: str) -> None:
    with pytest.raises(BadInput):
        Told(issuer_at, "node-a")


def test_a_new_subject_has_no_rights_until_it_is_bound_and_then_needs_a_second_factor(crew: Crew) -> None:
    boss, ann = crew.add("Boss", "administrator"), crew.settled("Ann")
    assert crew.door.by_subject("https://a.example", "s-1", KNOCK) is None
    (waiting,) = crew.door.subjects.listed()
    assert (waiting.sub, waiting.person) == ("s-1", None)
    with pytest.raises(BadInput, match="has not come yet"):
        crew.door.subjects.bind("https://b.example", "s-1", person=ann.id, by=boss.id)
    crew.door.subjects.bind("https://a.example", "s-1", person=ann.id, by=boss.id)
    assert crew.door.by_subject("https://b.example", "s-1", KNOCK) is None, "the issuer is part of who it is"
    token = crew.door.by_subject("https://a.example", "s-1", KNOCK)
    assert token is not None
    session = crew.sessions.find(token)
    assert session is not None
    assert session.factor is None
    with pytest.raises(NotAllowed, match="second factor"):
        crew.door.may_set_up(session)
    assert crew.sessions.find(crew.door.second(session, crew.code(ann.id))) is not None
    crew.door.subjects.bind("https://a.example", "s-1", person=None, by=boss.id)
    assert crew.door.by_subject("https://a.example", "s-1", KNOCK) is None
    assert {each.came.way for each in crew.sessions.of(ann.id)} == {"set-up"}, "who is unbound is signed out"


def test_strangers_cannot_fill_the_list_of_those_who_wait(crew: Crew) -> None:
    ann = crew.add("Ann")
    crew.door.subjects.met("https://a.example", "bound")
    crew.door.subjects.bind("https://a.example", "bound", person=ann.id, by="command-line")
    crew.later(1)
    for number in range(1005):
        crew.door.subjects.met("https://a.example", f"s-{number}")
    listed = crew.door.subjects.listed()
    assert len(listed) == 1001
    assert listed[-1].person == ann.id


def test_the_way_there_and_back_in_a_browser(serve: Callable[..., Served], issuer: Issuer) -> None:
    node = cheap(serve(provider=Told(issuer.address, "node-a")))
    issuer.now, ann, browser = people_of(node).store.clock(), settled(node, "Ann", "analyst"), Browser(node)

    def round_trip() -> httpx.Response:
        there = browser.get("/sign-in/provider")
        assert there.status_code == 303
        assert "samesite=lax" in browser.said[-1].lower()
        given = issuer.visit(Asking(there.headers["location"], ""))
        return browser.get(
            f"/sign-in/back?{urlencode({**given, 'session_state': 'x'})}", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        )

    assert "provider" in browser.get("/sign-in.json").json()["ways"]
    unknown = round_trip()
    assert unknown.status_code == 403
    assert "nobody here is bound" in unknown.text
    assert list(browser.cookies) == [], "the question is answered and forgotten"
    people_of(node).door.subjects.bind(issuer.address, "s-1", person=ann, by="command-line")
    back = round_trip()
    assert (back.status_code, back.headers["cache-control"]) == (200, "no-store")
    assert browser.get("/me").headers["location"] == "/sign-in/second?next=%2Fme", "the second factor is ours"
    assert browser.get("/me", Accept="*/*").status_code == 401
    assert browser.post("/me/codes/new", Accept="application/json").status_code == 403, "and is not set up by the provider's word"
    assert browser.post("/sign-in/second", {"code": app_code(node, ann), "next": "/me"}).headers["location"] == "/me"
    assert browser.get("/me.json").json()["sessions"][0]["way"] == "provider"
    other = Browser(node)
    assert other.get("/sign-in/back?code=c-1&state=x").status_code == 403, "without the cookie of whoever asked"
