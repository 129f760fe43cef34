"""A browser without script: keeps cookies, sends forms, and follows nothing by itself."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import urlencode

import httpx
from calls import Served
from crew import CHEAP, PASSWORD, code_of

from saksi.app.people.people import People
from saksi.app.people.person import read_post

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://localhost"}


class Browser:
    """One person's browser at a served node."""

    def __init__(self, served: Served, address: str = "192.0.2.7", scheme: str = "http") -> None:
        self.client = served.client(address, {"Accept": "text/html"})
        self.cookies: dict[str, str] = {}
        self.said: list[str] = []
        self.origin = f"{scheme}://localhost"

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._kept(self.client.get(path, headers={**self._cookie(), **headers}))

    def post(self, path: str, fields: dict[str, str] | list[tuple[str, str]] | None = None, **headers: str) -> httpx.Response:
        told = {**FORM, "Origin": self.origin, **self._cookie(), **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self._kept(self.client.post(path, content=urlencode(fields or {}), headers=told))

    def send(self, path: str, fields: list[tuple[str, str]], *files: tuple[str, tuple[str, bytes]]) -> httpx.Response:
        """A form with files, as a browser sends it."""
        parts = [*((name, (None, value.encode())) for name, value in fields), *files]
        return self._kept(self.client.post(path, files=parts, headers={"Origin": self.origin, **self._cookie()}))  # type: ignore[arg-type]

    def sign_in(self, name: str, code: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return self.post("/sign-in", {"name": name, "password": password, "code": code, **more})

    def _cookie(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            self.said.append(line)
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if not morsel.value:
                    del self.cookies[name]
        return answer


def people_of(served: Served) -> People:
    return served.desk.people


def cheap(served: Served) -> Served:
    """Hashes that cost a test nothing."""
    object.__setattr__(served.desk.people.door, "passwords", CHEAP)
    return served


def settled(served: Served, name: str, *roles: str, clearance: str = "AMBER") -> str:
    """A person who has a password and an app; gives their pseudonym."""
    people = people_of(served)
    person, _ = people.register.add(name, read_post("unit one", roles, clearance), by="command-line")
    people.door.codes.begin(person.id)
    secret = people.door.codes.beginning(person.id)
    assert secret is not None
    with people.store.rows() as rows:
        rows.execute(
            "UPDATE person SET password = ?, totp = totp_next, totp_next = NULL, setup = NULL WHERE id = ?",
            (CHEAP.make(PASSWORD), person.id),
        )
    return person.id


def app_code(served: Served, id_: str) -> str:
    """What the person's app shows now, as if none had been used."""
    store = people_of(served).store
    with store.rows() as rows:
        rows.execute("UPDATE person SET totp_step = 0 WHERE id = ?", (id_,))
        (sealed,) = rows.execute("SELECT totp FROM person WHERE id = ?", (id_,)).fetchone()
    secret = store.unseal(f"totp {id_}", sealed)
    assert secret is not None
    return code_of(secret, store.clock())


def signed_in(served: Served, name: str, *roles: str, clearance: str = "AMBER") -> Browser:
    """A browser in which a person of these roles has just signed in."""
    browser, id_ = Browser(served), settled(served, name, *roles, clearance=clearance)
    answer = browser.sign_in(name, app_code(served, id_))
    assert answer.status_code == 303, answer.text
    return browser
