"""An account on a messenger or social platform, from a profile link or "platform: name", in one form.

The normal form is `platform:name` ("telegram:somename"); a platform's own invitation to a group is `telegram:invite/CODE`
or `whatsapp:invite/CODE` (case counts there), an id of digits `facebook:id/100001`. An account that a phone number names
(wa.me/855..., t.me/+855...) is that phone, so the result's kind is then "phone". Rules and their sources: `handle_rules`.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote

from saksi.model.errors import BadInput
from saksi.observables.defang import refang
from saksi.observables.digits import plain
from saksi.observables.handle_rules import NAMES, PLATFORMS, Rule
from saksi.observables.observable import Observable
from saksi.observables.phone import phone

__all__ = ["handle"]

_LONGEST = 500
_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)/(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.I)
# A filler ("LINE ID: name") is one only with a blank or a colon behind it and a name left: "userhelp" and "user" are names.
_NAMED = re.compile(
    r"(?P<platform>[^\W\d_]+)(?:\s*[:=\uff1a]\s*|\s+)(?:(?:id|user ?name|user)(?:\s*[:\uff1a]\s*|\s+)(?=\S))?(?P<name>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_SAYS_NAME = re.compile("[:=@\uff1a]")
_DIGITS = re.compile(r"[0-9]{5,20}")
_CODE = re.compile(r"[A-Za-z0-9_-]{10,40}")
_TODO = "give the profile link, or platform and name, for example telegram:somename"


def handle(text: str, *, country: str | None = None) -> Observable:
    """The account in `text`; `country` serves WhatsApp numbers in national form. `BadInput` with the reason otherwise."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise _refused("the text is too long")
    clean = plain(refang(plain(text)))
    app = re.fullmatch(r"(tg|whatsapp|line|weixin|fb|twitter|tiktok)://(.+)", clean, re.IGNORECASE | re.DOTALL)
    if app:
        return _app_link(NAMES[app[1].lower()], app[2], country)
    link = _LINK.fullmatch(clean)
    if link:
        return _profile(link["host"].lower().removeprefix("www."), link["path"], link["query"] or "", country)
    named = _NAMED.fullmatch(clean)
    platform = NAMES.get(named["platform"].lower()) if named else None
    if named is None or platform is None:
        raise _refused("no known platform is named")
    if platform == "whatsapp" and not _SAYS_NAME.search(clean):  # "WhatsApp group" is talk, "WhatsApp: group" a name
        return _by_phone(PLATFORMS[platform], named["name"].strip(), country)
    return _account(platform, named["name"].strip(), country)


def _refused(why: str) -> BadInput:
    return BadInput(f"not taken as an account name: {why}", todo=_TODO)


def _app_link(platform: str, rest: str, country: str | None) -> Observable:
    """`tg://resolve?domain=name`, `whatsapp://send?phone=...`, `line://ti/p/~id`."""
    path, _, query = rest.partition("?")
    fields = parse_qs(query)
    for key in ("domain", "phone", "username", "screen_name", "invite"):
        if key in fields:
            value = fields[key][0]
            return _account(platform, f"invite/{value}" if key == "invite" else _international(key, value), country)
    if platform == "line":
        return _profile("line.me", path.removeprefix("R/"), query, country)
    raise _refused("the link names no account")


def _international(key: str, value: str) -> str:
    return f"+{value.lstrip('+ 0')}" if key == "phone" else value


def _profile(host: str, path: str, query: str, country: str | None) -> Observable:
    parts = [unquote(part) for part in path.split("/") if part]
    if host == "chat.whatsapp.com" and parts:
        return _account("whatsapp", f"invite/{parts[-1]}", country)
    platform = next((name for name, rule in PLATFORMS.items() if host in rule.hosts), None)
    if platform is None and host.endswith((".t.me", ".facebook.com")):
        platform, parts = ("telegram", [host.partition(".")[0]]) if host.endswith(".t.me") else ("facebook", parts)
    if platform is None:
        raise _refused(f"{host} is no profile page of a known platform")
    fields = parse_qs(query)
    if platform == "facebook" and parts == ["profile.php"] and "id" in fields:
        return _account("facebook", f"id/{fields['id'][0]}", country)
    if platform == "whatsapp":
        number = fields["phone"][0] if "phone" in fields else parts[0] if parts else ""
        return _account("whatsapp", _international("phone", number), country)
    if not parts:
        raise _refused("the link names no account")
    return _account(platform, _name_in_path(platform, parts), country)


def _name_in_path(platform: str, parts: list[str]) -> str:
    first = parts[0].lower()
    if platform == "telegram":
        if first == "joinchat" and len(parts) > 1:
            return f"invite/{parts[1]}"
        if first == "s" and len(parts) > 1:
            return parts[1]
        if first == "c":
            raise _refused("it is a link into a private channel, which has no name")
    if platform == "line":
        tail = parts[-1]
        if parts[:2] != ["ti", "p"] and parts[:3] != ["R", "ti", "p"] and not tail.startswith(("@", "~")):
            raise _refused("the link names no account")
        if not tail.startswith(("@", "~")):
            raise _refused("the link is a code that only LINE can resolve")
        return tail.removeprefix("~")
    if platform == "wechat":
        raise _refused("the link is a code that only WeChat can resolve")
    if platform == "facebook" and first in {"people", "pages", "p"} and parts[-1].rpartition("-")[2].isdigit():
        return f"id/{parts[-1].rpartition('-')[2]}"
    if platform == "tiktok" and not first.startswith("@"):
        raise _refused("the link is a video or a short code, not a profile")
    if first in PLATFORMS[platform].reserved:
        raise _refused("the link is a page of the platform, not an account")
    return parts[0]


def _account(platform: str, name: str, country: str | None) -> Observable:
    rule = PLATFORMS[platform]
    kind, _, code = name.partition("/")
    if kind == "invite" and platform in {"telegram", "whatsapp"}:
        if not _CODE.fullmatch(code):
            raise _refused("the invitation code is malformed")
        return Observable("handle", f"{platform}:invite/{code}", "Handle", ("an invitation to a group, not an account",))
    if platform == "whatsapp" and not rule.pattern.fullmatch(name.lower().removeprefix("@")):
        return _by_phone(rule, name, country)
    if platform == "telegram" and re.fullmatch(r"\+[0-9 ().-]{7,24}", name):
        return _by_phone(rule, name, country)
    if platform == "telegram" and name.startswith("+"):
        return _account(platform, f"invite/{name[1:]}", country)
    if rule.numeric and (kind == "id" or _DIGITS.fullmatch(name)):
        number = code if kind == "id" else name
        if not _DIGITS.fullmatch(number) or number.startswith("0"):
            raise _refused(f"it is no {rule.title} id")
        return Observable("handle", f"{platform}:id/{number}", "Handle")
    plain_name = name.lower() if platform == "line" else name.lower().removeprefix("@")
    if platform == "facebook":
        plain_name = plain_name.replace(".", "")
    if not rule.pattern.fullmatch(plain_name) or plain_name in rule.reserved:
        raise _refused(f"{rule.title} gives {rule.gives}")
    return Observable("handle", f"{platform}:{plain_name}", "Handle")


def _by_phone(rule: Rule, name: str, country: str | None) -> Observable:
    found = phone(name, country=country)
    return Observable("phone", found.normal, found.schema, (*found.notes, f"named as a {rule.title} account"))
