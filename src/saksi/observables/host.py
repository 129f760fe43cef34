"""A host name: where a scam's pages live, in the one form that DNS knows (lower-case ASCII, punycode, no final dot).

International names follow UTS #46 as browsers do (can-ada; non-transitional, so `faß.de` is not `fass.de`): what a victim can open
must be writable here, and browsers open names, such as emoji, that the registries' stricter IDNA2008 refuses. Everyday ASCII names
take a short way (one pattern, three set probes); tests hold both ways to identical results.

Not a host: an IP address, a URL, an e-mail, a bare word, a top-level domain that is not on the Public Suffix List, and a registry's
suffix such as "com" or "co.uk". A provider's shared suffix such as "github.io" is a working host and is taken, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import can_ada

from saksi.model.errors import BadInput
from saksi.observables.column import Column
from saksi.observables.defang import refang
from saksi.observables.homoglyph import lookalike_notes
from saksi.observables.ip import looks_like_ip
from saksi.observables.observable import Observable
from saksi.observables.suffix import suffixes

__all__ = ["host", "host_pattern", "hosts", "parents", "registrable", "shown"]

SHARED = "shared suffix: names under it belong to different people"

_NET = "arpa"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EVERYDAY = re.compile(rf"(?!.*xn--)(?=.{{4,253}}\Z)(?:{_LABEL}\.)+([a-z]{{2,63}})\Z")
_LOOSE_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_STRICT_LABEL = re.compile(_LABEL + r"\Z")
_PORT = re.compile(r"\A([^:]+):([0-9]{1,5})\Z")


def host(text: str, *, country: str | None = None) -> Observable:
    """The host in `text` (defanged, upper-case, international, with a port or a final dot), or why it is none."""
    del country
    if _is_everyday(text):
        return Observable("host", text, "WebSite", (SHARED,) if suffixes().is_suffix(text) else ())
    plain = refang(text)
    _refuse_other_things(plain)
    plain, notes = _without_port(plain)
    name = _ascii(plain.removesuffix("."))
    _check(name)
    if "xn--" in name:
        notes += (f"shown as {shown(name)}", *lookalike_notes(shown(name)))
    if suffixes().is_suffix(name):
        notes += (SHARED,)
    return Observable("host", name, "WebSite", notes)


def hosts(texts: Iterable[str]) -> Column:
    """A column of hosts, for lists of any length: the same answers as `host`, an entity id or a reason for each row."""
    entities: list[str | None] = []
    reasons: list[str | None] = []
    for text in texts:
        if _is_everyday(text):
            entities.append("host:" + text)
            reasons.append(None)
            continue
        try:
            entities.append(host(text).entity)
            reasons.append(None)
        except BadInput as refusal:
            entities.append(None)
            reasons.append(str(refusal))
    return Column(entities, reasons)


def host_pattern(text: str) -> tuple[Observable, bool]:
    """A line of a block list: the host, and whether the line says "and everything under it" (`*.example.com`, `.example.com`)."""
    plain = refang(text)
    for mark in ("*.", "."):
        if plain.startswith(mark):
            return host(plain.removeprefix(mark)), True
    return host(plain), False


def registrable(name: str) -> str:
    """The part of a normal host that one owner registered: `a.b.example.co.uk` -> `example.co.uk`.

    A shared suffix stands for itself, so that nothing above it ever covers it: `github.io` -> `github.io`.
    """
    suffix = suffixes().of(name)
    labels = name.split(".")
    return ".".join(labels[-(suffix.count(".") + 2) :])


def parents(name: str) -> tuple[str, ...]:
    """A normal host and each name above it that the same owner holds, longest first, up to the registrable domain."""
    top = registrable(name)
    found = [name]
    while name != top:
        name = name.partition(".")[2]
        found.append(name)
    return tuple(found)


def shown(name: str) -> str:
    """A normal host as a browser shows it, punycode written out."""
    return can_ada.idna_decode(name.encode("ascii"))  # type: ignore[arg-type]  # the package's stub says str, its code bytes


def _is_everyday(text: str) -> bool:
    found = _EVERYDAY.match(text)
    if found is None:
        return False
    rules = suffixes()
    return found[1] in rules.tops and found[1] != _NET and (not rules.is_suffix(text) or not suffixes(icann_only=True).is_suffix(text))


def _refuse_other_things(plain: str) -> None:
    if not plain:
        raise BadInput("nothing was given", todo="give a host such as example.com")
    if len(plain) > 1000:
        raise BadInput(f"a host name has at most 253 characters, this has {len(plain)}")
    if "://" in plain or re.search(r"[/?#\\]", plain):
        raise BadInput("this is a URL, not a host: it has a scheme or a path", todo="ask for the URL, or give the host alone")
    if "@" in plain:
        raise BadInput("this is an e-mail address, not a host", todo="ask for the e-mail, or give what is behind the @")
    if any(sign.isspace() for sign in plain):
        raise BadInput("a host name has no spaces")
    if plain.startswith(("*.", ".")):
        raise BadInput("this is a pattern for many hosts, not one host", todo="give the host without the leading '*.' or dot")
    if looks_like_ip(plain) and not _PORT.match(plain):
        raise BadInput("this is an IP address or a number, not a host", todo="ask for it as an IP")


def _without_port(plain: str) -> tuple[str, tuple[str, ...]]:
    found = _PORT.match(plain)
    if found is None:
        return plain, ()
    if int(found[2]) > 65535:
        raise BadInput(f"there is no port {found[2]}", todo="ports go up to 65535")
    if looks_like_ip(found[1]):
        raise BadInput("this is an IP address with a port, not a host", todo="ask for it as an IP")
    return found[1], (f"port {found[2]} left out",)


def _ascii(plain: str) -> str:
    lowered = plain.lower()
    if plain.isascii() and "xn--" not in lowered:
        return lowered
    try:
        name = can_ada.idna_encode(plain).decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise BadInput("not a valid international name (UTS #46)") from error
    if not name:
        raise BadInput("not a valid international name (UTS #46)", todo="check the spelling, or the letters after 'xn--'")
    if looks_like_ip(name):
        raise BadInput("this is an IP address or a number in other digits, not a host", todo="ask for it as an IP")
    if can_ada.idna_encode(name) != name.encode("ascii"):
        raise BadInput("this international name has two readings", todo="give it in punycode (xn--...)")
    return name


def _check(name: str) -> None:
    if len(name) > 253:
        raise BadInput(f"a host name has at most 253 characters, this has {len(name)}")
    labels = name.split(".")
    if len(labels) == 1:
        raise BadInput(f"'{name[:40]}' is one word, not a host", todo="a host has a dot and an ending, like example.com")
    for label in labels:
        if not _LOOSE_LABEL.match(label):
            raise BadInput(_label_fault(label))
    if labels[-1] not in suffixes().tops and labels[-1] != "onion":
        raise BadInput(
            f"no top-level domain '{labels[-1][:40]}' is on the Public Suffix List",
            todo="check the spelling; names of blockchain name services are not internet hosts",
        )
    if labels[-1] == _NET:
        raise BadInput(
            f"names under {_NET} are the internet's own, or each home network's (RFC 3172, RFC 8375): nobody's host",
            todo="give a public name; for a name that stands for an address (in-addr.arpa), the address",
        )
    if suffixes(icann_only=True).is_suffix(name):
        raise BadInput(f"'{name}' is a registry's public suffix: everybody's, so nobody's host", todo="give the registered name")
    owner = registrable(name).split(".")[0]
    if not _STRICT_LABEL.match(owner):
        raise BadInput(f"no registry gives out a name with an underscore, as in '{owner[:63]}'")


def _label_fault(label: str) -> str:
    if not label:
        return "a part between two dots is empty"
    if len(label) > 63:
        return f"a part between two dots has at most 63 characters, '{label[:20]}...' has {len(label)}"
    if label[0] == "-" or label[-1] == "-":
        return f"the part '{label}' begins or ends with a hyphen"
    bad = next(sign for sign in label if not re.match(r"[a-z0-9_-]", sign))
    return f"the sign {bad!r} cannot stand in a host name"
