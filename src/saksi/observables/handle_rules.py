"""What each platform takes as an account name, and what makes two spellings one account.

Read on 2026-11-24; where sources differ the wider rule stands, because a name that cannot exist does no harm and a refused one is lost.
* telegram: 5 to 32 of a-z 0-9 _, begins with a letter, does not end in _; case does not count (validators of two public packages);
  names of 4 are sold by auction (core.telegram.org/api/fragment speaks of collectible names, a public validator of their length).
* whatsapp: 3 to 35 of a-z 0-9 _ . with a letter in it; no dot at either end or beside another, no "www." in front, no domain's ending,
  none of the group's own brands (WhatsApp Web's own check, as @wppconnect/wa-js 4.6 mirrors it). Case does not count.
* line: 4 to 20 of a-z 0-9 . _ - without capitals (two Japanese guides); an official account begins with @, its length is not confirmed.
* wechat: 6 to 20 of a-z 0-9 _ -, begins with a letter; case does not count (two articles that quote WeChat's FAQ); names that begin
  with wxid_ are given by the service (from memory).
* facebook: 5 of a-z 0-9 . or more (50 by a public list); neither case nor dots count (a guide that quotes Facebook's help); or an id.
* tiktok: 2 to 24 of a-z 0-9 _ . by older guides, up to 30 by a newer one; not ending in a dot (from memory). Case does not count.
* x: 1 to 15 of a-z 0-9 _ (a public list of limits); case does not count.

WhatsApp and Telegram accounts named by a phone number are that phone: they are given as `phone:`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NAMES", "PLATFORMS", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`gives` says what names there are; `pattern` over the lower-cased name; `hosts` whose pages are profiles; `numeric` an id of digits
    exists too."""

    title: str
    gives: str
    pattern: re.Pattern[str]
    hosts: frozenset[str]
    reserved: frozenset[str] = frozenset()
    numeric: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WHATSAPP = (
    r"(?!www\.)(?!.*\.\.)(?!.*(?:whatsapp|instagram|facebook|oculus))(?!.*\.(?:com|org|net|int|edu|gov|mil|arpa|html?|txt|xml)\Z)"
    r"(?=.*[a-z])[a-z0-9_][a-z0-9_.]{1,33}[a-z0-9_]"
)

PLATFORMS: dict[str, Rule] = {
    "telegram": Rule(
        "Telegram",
        "names of 4 to 32 letters, digits and _, which begin with a letter, do not end in _ and are no word of its own",
        re.compile(r"[a-z][a-z0-9_]{2,30}[a-z0-9]"),
        _words("t.me telegram.me telegram.dog"),
        _words("joinchat addstickers addemoji addtheme share proxy socks setlanguage confirmphone login invoice bg boost addlist"),
    ),
    "whatsapp": Rule(
        "WhatsApp",
        "names of 3 to 35 letters, digits, _ and ., one of them a letter",
        re.compile(_WHATSAPP),
        _words("wa.me api.whatsapp.com whatsapp.com web.whatsapp.com"),
    ),
    "line": Rule(
        "LINE",
        "names of 4 to 20 letters, digits, ., _ and -",
        re.compile(r"@[a-z0-9._-]{1,20}|[a-z0-9._-]{4,20}"),
        _words("line.me page.line.me"),
    ),
    "wechat": Rule(
        "WeChat",
        "names of 6 to 20 letters, digits, _ and -, which begin with a letter",
        re.compile(r"[a-z][a-z0-9_-]{5,19}|wxid_[a-z0-9]{6,28}"),
        _words("weixin.qq.com u.wechat.com"),
    ),
    "facebook": Rule(
        "Facebook",
        "names of 5 or more letters and digits now; older shorter ones exist: give the link",
        re.compile(r"(?=.*[a-z])[a-z0-9]{5,50}"),
        _words("facebook.com m.facebook.com web.facebook.com mbasic.facebook.com fb.com fb.me m.me"),
        _words("groups events watch marketplace sharer photo photos story share login hashtag gaming reel permalink"),
        numeric=True,
    ),
    "tiktok": Rule(
        "TikTok",
        "names of 2 to 30 letters, digits, _ and ., which do not end in a dot",
        re.compile(r"[a-z0-9_.]{1,29}[a-z0-9_]"),
        _words("tiktok.com m.tiktok.com"),
    ),
    "x": Rule(
        "X",
        "names of 1 to 15 letters, digits and _ that are no page of its own",
        re.compile(r"[a-z0-9_]{1,15}"),
        _words("x.com twitter.com mobile.twitter.com mobile.x.com"),
        _words("i home search explore intent share hashtag settings messages notifications login"),
    ),
}

NAMES = {
    "telegram": "telegram",
    "tg": "telegram",
    "whatsapp": "whatsapp",
    "wa": "whatsapp",
    "line": "line",
    "wechat": "wechat",
    "weixin": "wechat",
    "微信": "wechat",
    "facebook": "facebook",
    "fb": "facebook",
    "tiktok": "tiktok",
    "x": "x",
    "twitter": "x",
}
