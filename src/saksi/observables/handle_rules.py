"""What each platform takes as an account name, and what makes two spellings one account.

* telegram: 4 to 32 of a-z 0-9 _, begins with a letter, does not end in _; case does not count. Telegram FAQ
  "usernames" and Bot API (t.me links); names of 4 are sold by auction.
* line: 1 to 20 of a-z 0-9 . _ -, all lower case; an official account begins with @. LINE help "LINE ID" and URL scheme
  (line.me/ti/p/~ID, line.me/R/ti/p/@ID).
* wechat: 6 to 20 of a-z 0-9 _ -, begins with a letter or _; case does not count. WeChat help "WeChat ID"; names that
  begin with wxid_ are given by the service.
* facebook: 5 to 50 of a-z 0-9 . (neither case nor dots count), or a numeric id. Facebook help "usernames".
* tiktok: 2 to 24 of a-z 0-9 _ ., does not end in a dot; case does not count. TikTok help "username".
* x: 1 to 15 of a-z 0-9 _; case does not count. X help "username rules".

WhatsApp and Telegram accounts named by a phone number are that phone: they are given as `phone:`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NAMES", "PLATFORMS", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` over the lower-cased name; `hosts` whose pages are profiles; `numeric` an id of digits exists too."""

    title: str
    pattern: re.Pattern[str]
    hosts: frozenset[str]
    reserved: frozenset[str] = frozenset()
    numeric: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLATFORMS: dict[str, Rule] = {
    "telegram": Rule(
        "Telegram",
        re.compile(r"[a-z][a-z0-9_]{2,30}[a-z0-9]"),
        _words("t.me telegram.me telegram.dog"),
        _words("joinchat addstickers addemoji addtheme share proxy socks setlanguage confirmphone login invoice bg boost addlist"),
    ),
    "whatsapp": Rule("WhatsApp", re.compile(r"(?!)"), _words("wa.me api.whatsapp.com whatsapp.com web.whatsapp.com")),
    "line": Rule("LINE", re.compile(r"@?[a-z0-9._-]{1,20}"), _words("line.me page.line.me")),
    "wechat": Rule("WeChat", re.compile(r"[a-z_][a-z0-9_-]{5,19}|wxid_[a-z0-9]{6,28}"), _words("weixin.qq.com u.wechat.com")),
    "facebook": Rule(
        "Facebook",
        re.compile(r"(?=.*[a-z])[a-z0-9]{5,50}"),
        _words("facebook.com m.facebook.com web.facebook.com mbasic.facebook.com fb.com fb.me m.me"),
        _words("groups events watch marketplace sharer photo photos story share login hashtag gaming reel permalink"),
        numeric=True,
    ),
    "tiktok": Rule("TikTok", re.compile(r"[a-z0-9_.]{1,23}[a-z0-9_]"), _words("tiktok.com m.tiktok.com")),
    "x": Rule(
        "X",
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
