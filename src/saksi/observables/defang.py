"""Reads addresses that were broken on purpose so that nobody clicks them: `hxxps://bad[.]example(dot)com`.

Analysts write hosts, URLs, e-mails and IPs "defanged". The normal form is the address as it works; nothing is ever fetched.
"""

from __future__ import annotations

import re

from saksi.model.errors import BadInput

__all__ = ["refang"]

# One pattern for every dot: [.] (.) {.} [dot] (dot) {dot} " dot " and the ideographic full stops that IDNA also takes as dots.
_DOT = re.compile(r"\s*[\[({<]\s*(?:\.|dot|punkt|point)\s*[\])}>]\s*|\s+dot\s+|\\\.|[\u3002\uff0e\uff61]", re.IGNORECASE)
_AT = re.compile(r"\s*[\[({]\s*(?:@|at)\s*[\])}]\s*", re.IGNORECASE)
_SLASH = re.compile(r"\[(/{1,2})\]|\((/{1,2})\)")
_SCHEME = re.compile(r"^(?:h[x*]{2}p|hxtp|htxp|meow)(s?)(?=\s*:)", re.IGNORECASE)
_SCHEME_MARK = re.compile(r"^(https?|ftp)\s*\[?:\s*//\]?", re.IGNORECASE)
_HINT = re.compile(r"[\[({\\<*\u3002\uff0e\uff61]|\sdot\s|^h[x*t]x?|^meow", re.IGNORECASE)


_HALF = re.compile("[\ud800-\udfff]")


def refang(text: str) -> str:
    """The address as it works, without surrounding space; text that was never defanged comes back as it is.

    Half a character (a lone surrogate, left by a damaged file) is refused: no address can hold one.
    `[::1]`, the brackets of an IPv6 host, stay: only brackets around a dot, a colon, a slash or an "at" are read as defanging.
    """
    text = text.strip()
    if _HALF.search(text):
        raise BadInput("the text holds half a character", todo="copy it again: its encoding was damaged on the way")
    if not _HINT.search(text):
        return text
    text = _DOT.sub(".", text)
    text = _AT.sub("@", text)
    text = re.sub(r"\[://\]|\(://\)|\[:\]//|\(:\)//", "://", text)
    text = _SLASH.sub(lambda found: found[1] or found[2], text)
    text = _SCHEME.sub(lambda found: "http" + found[1].lower(), text)
    return _SCHEME_MARK.sub(lambda found: found[1].lower() + "://", text)
