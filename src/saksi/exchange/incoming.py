"""A mail that came in, taken apart: headers as text, the words, the names of its files. Whatever it holds, it raises only BadInput.

Nothing here believes anything. The library's own parser is lenient; sizes and counts are bounded, and what was cut is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses
from hashlib import sha256
from html.parser import HTMLParser

from saksi.exchange.shown import line, paragraphs
from saksi.model import BadInput

__all__ = ["LARGEST", "Incoming", "file_of", "headers_of", "incoming"]

LARGEST = 30_000_000
_MOST_PARTS = 200
_MOST_HEADERS = 500
_IDS = 60


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail. `digest` is the SHA-256 of its bytes in hex; `senders` and `reply_to` are bare addresses in small letters; `ids` are the
    Message-IDs that it answers (In-Reply-To, References); `results` are its Authentication-Results as they stand, the last added first.
    `automatic` is the Auto-Submitted word, "no" where there is none. `parts` are media types, `files` names."""

    digest: str
    id: str
    subject: str
    sender_name: str
    senders: tuple[str, ...]
    reply_to: tuple[str, ...]
    ids: tuple[str, ...]
    automatic: str
    results: tuple[str, ...]
    text: tuple[str, ...]
    parts: tuple[str, ...]
    files: tuple[str, ...]
    notices: tuple[Message, ...]
    returned: tuple[str, ...]


def incoming(data: bytes) -> Incoming:
    """Take a mail apart. Raises BadInput where it is too large, too nested or no mail."""
    if len(data) > LARGEST:
        raise BadInput(f"a mail has at most {LARGEST:,} bytes, not {len(data):,}", where="mail")
    try:
        whole = BytesParser(policy=policy.compat32).parsebytes(data)
        parts = list(_walk(whole))
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError, IndexError) as fault:
        raise BadInput(f"not a mail that can be read: {fault}", where="mail") from fault
    if len(whole) > _MOST_HEADERS or not whole.keys():
        raise BadInput("a mail has headers, and not thousands", where="mail")
    named = getaddresses([_header(whole, "From")])
    return Incoming(
        digest=sha256(data).hexdigest(),
        id=_ids(whole, "Message-ID")[0] if _ids(whole, "Message-ID") else "",
        subject=line(_header(whole, "Subject"), 300),
        sender_name=line(named[0][0], 120) if named else "",
        senders=_addresses(whole, "From"), reply_to=_addresses(whole, "Reply-To"),
        ids=tuple(dict.fromkeys((*_ids(whole, "In-Reply-To"), *_ids(whole, "References")))),
        automatic=_word(whole, "Auto-Submitted") or ("auto-replied" if _word(whole, "X-Autoreply") else "no"),
        results=tuple(line(str(each), 2_000) for each in whole.get_all("Authentication-Results", [])[:5]),
        text=_words(parts), parts=tuple(part.get_content_type() for part in parts),
        files=tuple(line(name, 120) for part in parts if (name := _name(part))),
        notices=tuple(part for part in parts if part.get_content_type() == "message/delivery-status"),
        returned=tuple(id_ for part in parts if part.get_content_type() in _RETURNED for id_ in _returned(part)),
    )  # fmt: skip


def file_of(data: bytes, number: int) -> bytes:
    """The bytes of the `number`th file (from 1) of a mail, as `Incoming.files` names them. Raises BadInput where there is none."""
    parts = [part for part in _walk(BytesParser(policy=policy.compat32).parsebytes(data)) if _name(part)]
    if not 1 <= number <= len(parts):
        raise BadInput("the mail has no such file", where="file")
    inner = parts[number - 1].get_payload(decode=True)
    return inner if isinstance(inner, bytes) else parts[number - 1].as_bytes()


def headers_of(part: Message) -> Iterator[Message]:
    """The groups of fields in a part of fields (message/delivery-status), which the library keeps as messages."""
    inner = part.get_payload()
    if isinstance(inner, list):
        yield from (each for each in inner if isinstance(each, Message))


_RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})


def _walk(whole: Message) -> Iterator[Message]:
    """Its parts, not those inside of mails that it carries."""
    left, met = [whole], 0
    while left:
        part = left.pop(0)
        met += 1
        if met > _MOST_PARTS:
            raise BadInput(f"a mail has at most {_MOST_PARTS} parts", where="mail")
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            left[:0] = [each for each in inner if isinstance(each, Message)]
        else:
            yield part


def _header(whole: Message, name: str) -> str:
    """A header decoded; what cannot be is given as it stands."""
    value = str(whole.get(name, ""))[:20_000]
    try:
        made = EmailMessage(policy=policy.default)
        made[name if name == "Subject" else "X-Text"] = " ".join(value.split())
        return str(made["Subject"] if name == "Subject" else made["X-Text"])
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        return value


def _addresses(whole: Message, name: str) -> tuple[str, ...]:
    raw = [" ".join(str(each).split())[:5_000] for each in whole.get_all(name, [])[:5]]
    return tuple(dict.fromkeys(line(address.lower(), 254) for _, address in getaddresses(raw) if address))


def _ids(whole: Message, name: str) -> tuple[str, ...]:
    words = str(whole.get(name, ""))[:20_000].replace("><", "> <").split()
    return tuple(word for word in words if word.startswith("<") and word.endswith(">") and word.isascii())[-_IDS:]


def _word(whole: Message, name: str) -> str:
    return str(whole.get(name, "")).partition(";")[0].strip().lower()[:40]


def _name(part: Message) -> str:
    try:
        return str(part.get_filename() or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return "[a file whose name cannot be read]"


def _returned(part: Message) -> Iterator[str]:
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        yield from _ids(inner[0], "Message-ID")
    elif isinstance(inner, str):
        yield from _ids(BytesParser(policy=policy.compat32).parsebytes(inner.encode("utf-8", "replace"), headersonly=True), "Message-ID")


def _words(parts: list[Message]) -> tuple[str, ...]:
    """The first plain text, else the text of the first HTML."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and not _name(part):
                text = _decoded(part)
                return paragraphs(_bare(text) if kind == "text/html" else text, 20_000)
    return ()


def _decoded(part: Message) -> str:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


class _Bare(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.met: list[str] = []
        self._off = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self._off += tag in {"script", "style"}
        if tag in {"p", "br", "div", "li", "tr"}:
            self.met.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._off -= tag in {"script", "style"} and self._off > 0

    def handle_data(self, data: str) -> None:
        if not self._off:
            self.met.append(data)


def _bare(text: str) -> str:
    reader = _Bare()
    reader.feed(text[:200_000])
    return "".join(reader.met)
