"""The address of one page that a scam used, written so that two reports of the same page meet. Nothing is ever fetched.

Canonical rules, after the WHATWG URL standard (read by can-ada):
1. Host as `host` or `ip` write it; default ports left out, others kept; dot segments resolved.
2. `http` and `https` are one page, written `https`; so is a text without a scheme (lists often leave it out). Block lists and
   Safe Browsing ignore the scheme for the same reason.
3. User name and password are left out with a note: they are bait (`https://bank.example@bad.example/`), never the place.
4. The fragment is left out with a note: it never reaches the server.
5. Percent escapes: upper-case hexadecimal, unreserved characters written out (RFC 3986, 6.2.2).
6. The query stays whole and in order, tracking parameters too: cloaked pages show their fraud for the right parameter only, and a
   campaign's number is evidence.
"""

from __future__ import annotations

import re

import can_ada

from saksi.model.errors import BadInput
from saksi.observables.defang import refang
from saksi.observables.host import host
from saksi.observables.ip import ip, looks_like_ip
from saksi.observables.observable import Observable

__all__ = ["url", "url_host"]

_LONGEST = 8192
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d{1,5}(?:[/?#]|\Z))")
_NETWORK = re.compile(r"[0-9]+(?:\.[0-9]+){3}/[0-9]{1,3}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = ("", "80", "443")


def url(text: str, *, country: str | None = None) -> Observable:
    """The web address in `text`, defanged or not, with or without its scheme."""
    del country
    plain = refang(text)
    _refuse_other_things(plain)
    found = _SCHEME.match(plain)
    scheme = found[1].lower() if found else ""
    if scheme not in ("", "http", "https"):
        raise BadInput(f"'{scheme}:' is not a web address", todo="give an address that begins with http or https")
    if not scheme and "@" in re.split(r"[/\\?#]", plain.lstrip("/"), maxsplit=1)[0]:
        raise BadInput("this is an e-mail address, or a URL without its scheme", todo="ask for the e-mail, or begin with https://")
    if not scheme and _NETWORK.fullmatch(plain):
        raise BadInput("this is a network, or a URL without its scheme", todo="ask for the network, or begin with https://")
    try:
        parsed = can_ada.parse(plain if scheme else "http://" + plain)
    except ValueError as error:
        raise BadInput("not a URL that a browser could open", todo="check the host and the port") from error
    place = _place(plain, parsed.hostname)
    notes = _notes(scheme, parsed)
    port = "" if parsed.port in _DEFAULT_PORTS else f":{parsed.port}"
    query = parsed.search if parsed.search != "?" else ""
    return Observable("url", f"https://{place}{port}{_escapes(parsed.pathname)}{_escapes(query)}", "WebPage", notes)


def url_host(normal: str) -> Observable:
    """The host, or the IP address, of a URL in its normal form."""
    name = can_ada.parse(normal).hostname
    return ip(name) if looks_like_ip(name) else host(name)


def _refuse_other_things(plain: str) -> None:
    if not plain:
        raise BadInput("nothing was given", todo="give a URL such as https://example.com/page")
    if len(plain) > _LONGEST:
        raise BadInput(f"a URL of {len(plain)} characters is longer than the {_LONGEST} that are taken")
    if any(sign.isspace() or ord(sign) < 32 or ord(sign) == 127 for sign in plain):
        raise BadInput("a URL has no spaces or control characters", todo="give the address alone; a space inside it is written %20")


def _place(plain: str, name: str) -> str:
    """The host as its own normaliser writes it. A number for an IP (`http://0x7f.1/`) is refused, as `ip` refuses it."""
    if not name:
        raise BadInput("this URL names no host")
    if looks_like_ip(name):
        found = ip(name).normal
        written = re.sub(r"\A(?:https?:)?[/\\]*(?:[^/\\?#]*@)?", "", plain, flags=re.IGNORECASE)
        if ":" not in found and not written.startswith(found):
            raise BadInput("the IP address is written in a form that programs read differently", todo="write it like 203.0.113.7")
        return f"[{found}]" if ":" in found else found
    return host(name).normal


def _notes(scheme: str, parsed: can_ada.URL) -> tuple[str, ...]:
    notes = []
    if scheme == "":
        notes.append("no scheme was given")
    elif scheme == "http":
        notes.append("found as http")
    if parsed.username or parsed.password:
        notes.append("credentials before the host left out")
    if parsed.hash:
        notes.append("fragment left out")
    return tuple(notes)


def _escapes(part: str) -> str:
    return _ESCAPE.sub(_one_escape, part)


def _one_escape(found: re.Match[str]) -> str:
    sign = chr(int(found[1], 16))
    return sign if sign in _UNRESERVED else f"%{found[1].upper()}"
