"""One-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds): sealed secrets, each code works once."""

from __future__ import annotations

import base64
from io import BytesIO
from urllib.parse import quote, urlencode

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from saksi.app.people.store import Store
from saksi.model import BadInput

__all__ = ["Codes", "app_link", "qr_svg"]

_STEP = 30
_DRIFT = 1  # steps before and after the present one: a phone's clock is a little off


class Codes:
    """The one-time codes of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def has(self, person: str) -> bool:
        """Whether the person has an app that is set up."""
        return self._secret(person, "totp") is not None

    def begin(self, person: str) -> None:
        """Make a fresh secret, which counts once a code of it was shown."""
        sealed = self._store.seal(f"totp {person}", self._store.random(20))
        with self._store.change(person, "begin-codes", person) as rows:
            rows.execute("UPDATE person SET totp_next = ? WHERE id = ?", (sealed, person))

    def beginning(self, person: str) -> bytes | None:
        """The secret that waits for its first code, to be shown as a picture."""
        return self._secret(person, "totp_next")

    def finish(self, person: str, code: str) -> None:
        """The first code of the fresh secret: it takes the place of the one before. Raises BadInput where it is not right."""
        secret = self.beginning(person)
        step = None if secret is None else self._step(secret, code)
        if step is None:
            raise BadInput("this is not the code that the app shows now", where="code", todo="look at the clock of the phone; try the next")
        with self._store.change(person, "set-codes", person) as rows:
            rows.execute("UPDATE person SET totp = totp_next, totp_next = NULL, totp_step = ? WHERE id = ?", (step, person))

    def use(self, person: str, code: str) -> bool:
        """Whether this is the person's code now, not used before; from then on it is used, and so are all before it."""
        secret = self._secret(person, "totp")
        step = self._step(secret or bytes(20), code)
        if secret is None or step is None:
            return False
        with self._store.rows() as rows:
            done = rows.execute("UPDATE person SET totp_step = ? WHERE id = ? AND totp_step < ?", (step, person, step))
            return done.rowcount == 1

    def _secret(self, person: str, column: str) -> bytes | None:
        with self._store.rows() as rows:
            row = rows.execute("SELECT totp, totp_next FROM person WHERE id = ?", (person,)).fetchone()
        sealed = None if row is None else row[0 if column == "totp" else 1]
        return None if sealed is None else self._store.unseal(f"totp {person}", sealed)

    def _step(self, secret: bytes, code: str) -> int | None:
        """The step of time whose code this is; every step near now is tried, found or not."""
        given = code.strip().replace(" ", "")
        now = self._store.clock() // _STEP
        made = HOTP(secret, 6, SHA1())  # noqa: S303 - what every app computes; HMAC-SHA-1 is not broken
        right = [step for step in range(now - _DRIFT, now + _DRIFT + 1) if made.generate(step) == given.encode("utf-8", "replace")]
        return right[-1] if right else None


def app_link(secret: bytes, *, title: str, person: str) -> str:
    """The `otpauth` address that an authenticator app reads."""
    key = base64.b32encode(secret).decode("ascii").rstrip("=")
    return f"otpauth://totp/{quote(title, safe='')}:{quote(person, safe='')}?{urlencode({'secret': key, 'issuer': title})}"


def qr_svg(text: str) -> str:
    """A QR code as an inline SVG without any style of its own; black on white whatever the page's colours."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, svgns=False, scale=5, border=4, light="#fff", dark="#000")
    return out.getvalue().decode("utf-8").strip()
