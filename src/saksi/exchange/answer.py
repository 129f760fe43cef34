"""What a mail that came in may mean: a proposal to an officer, with every reason to doubt it, and nothing more.

Anyone can write a mail. So a proposal changes no request: an officer reads it, makes sure by the directory's telephone number that it
is the recipient's, and takes the step, which names the original by digest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from saksi.actions import REFUSALS, Word
from saksi.exchange.directory import Entry
from saksi.exchange.incoming import Incoming
from saksi.exchange.outbox import Outbox
from saksi.exchange.reference import references_in

__all__ = ["About", "Proposal", "Sort", "about", "proposed", "sort_of"]

_ANSWER = re.compile(r"\s*ANSWER\s*[:\uff1a]\s*(RECEIVED|ACCEPT|REFUSE|PART|DONE|ASK)\b\s*([a-z-]*)", re.IGNORECASE)
_WORDS = {"RECEIVED": Word.RECEIVE, "ACCEPT": Word.ACCEPT, "REFUSE": Word.REFUSE, "PART": Word.PART, "DONE": Word.DONE, "ASK": Word.ASK}
_RUNS = re.compile(
    r"[.\]](exe|scr|js|jse|vbs|wsf|bat|cmd|ps1|hta|lnk|iso|img|jar|msi|docm|xlsm|pptm|one|html?|svg|zip|rar|7z|ace)$", re.IGNORECASE
)
_RESULT = re.compile(r"\b(dkim|spf|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)

# Ways to ask that money, mail or a password go elsewhere. A hit is a warning to a person, so a wrong one costs a look.
_MOVED = re.compile(
    r"\b(new|an?other|different|changed?|updated?|alternat\w+|instead|replace\w*)\b[^.\n]{0,60}"
    r"\b(account|iban|wallet|address|e-?mail|number|bank details)\b"
    r"|\b(account|iban|wallet|address|e-?mail|bank details)\b[^.\n]{0,40}\b(changed?|moved|closed|replaced|updated)\b"
    r"|\b(password|passcode|one[- ]time|otp|log ?in|sign ?in|verify your)\b"
    r"|(គណនី|អាសយដ្ឋាន|អ៊ីមែល|លេខ)[^។\n]{0,30}(ថ្មី|ប្តូរ|ផ្លាស់|ផ្សេង)|លេខសម្ងាត់"
    r"|(เปลี่ยน|ใหม่|แก้ไข)[^\n]{0,30}(บัญชี|ที่อยู่|อีเมล|เบอร์|หมายเลข)|(บัญชี|ที่อยู่|อีเมล|เบอร์|หมายเลข)[^\n]{0,30}(ใหม่|เปลี่ยน)|รหัสผ่าน",
    re.IGNORECASE,
)


class Sort(Enum):
    """What kind of mail it looks like."""

    ANSWER = "answer"
    AUTOMATIC = "automatic"  # absence notices and tickets: no answer of the recipient's
    NOTICE = "delivery notice"
    OURS = "our own mail coming back"
    UNKNOWN = "about no request of ours that it names"


@dataclass(frozen=True, slots=True)
class About:
    """The request that a mail is about, and by what it was told: its thread (a Message-ID of ours) or a reference that it names."""

    request: str
    by: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """For an officer to judge.

    `digest` names the original. `word` and `reason` are what it says in the form's words, None where it does not. `claims` is who it
    says it is from; `checks` are what our own mail server found of it; `warnings` why to doubt it. `callback` is the directory's number
    by which to make sure.
    """

    digest: str
    sort: Sort
    about: About | None
    subject: str
    claims: str
    text: tuple[str, ...]
    files: tuple[str, ...]
    word: Word | None
    reason: str | None
    checks: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    callback: str | None


def about(mail: Incoming, outbox: Outbox) -> About | None:
    """The request that a mail is about; None where it names none of ours, or several."""
    threads = dict.fromkeys(request for id_ in (*mail.ids, *mail.returned) if (request := outbox.known(id_)) is not None)
    if len(threads) == 1:
        return About(next(iter(threads)), "its thread")
    named = dict.fromkeys(
        request for each in references_in("\n".join((mail.subject, *mail.text[:200])))
        for request in outbox.requests(each.removeprefix("SK-").replace("-", "").lower())
    )  # fmt: skip
    return About(next(iter(named)), "the reference it names") if len(named) == 1 and not threads else None


def proposed(mail: Incoming, outbox: Outbox, entry: Entry | None, *, server: str) -> Proposal:
    """What a mail proposes. `entry` is the directory's of the request's recipient (None where none is known any more); `server` is the name
    under which our own mail server writes Authentication-Results: those of others are not read."""
    found = about(mail, outbox)
    sort = sort_of(mail, outbox)
    checks = _checks(mail, server)
    word, reason = _said(mail) if sort is Sort.ANSWER else (None, None)
    claims = ", ".join(filter(None, (mail.sender_name, *mail.senders))) or "nobody"
    return Proposal(
        mail.digest, sort, found, mail.subject, claims, mail.text, mail.files, word, reason, checks,
        tuple(_warnings(mail, found, entry, dict(checks), word=word, reason=reason)), None if entry is None else entry.callback,
    )  # fmt: skip


def sort_of(mail: Incoming, outbox: Outbox) -> Sort:
    """What kind of mail it looks like."""
    if outbox.known(mail.id) is not None:
        return Sort.OURS
    if mail.notices:
        return Sort.NOTICE
    if mail.automatic != "no":
        return Sort.AUTOMATIC
    return Sort.UNKNOWN if about(mail, outbox) is None else Sort.ANSWER


def _checks(mail: Incoming, server: str) -> tuple[tuple[str, str], ...]:
    """What our own server found: it puts its header above all others, and is to remove forged ones of its name (RFC 8601, 5)."""
    if not mail.results or mail.results[0].partition(";")[0].split()[:1] != [server]:
        return ()
    made: dict[str, str] = {}
    for name, result in _RESULT.findall(mail.results[0]):
        made.setdefault(name.lower(), result.lower())
    return tuple(made.items())


def _said(mail: Incoming) -> tuple[Word | None, str | None]:
    """The form's word in what the sender wrote themselves: quoted lines hold all words, from our own mail."""
    own = [text for text in mail.text if not text.lstrip().startswith(">")]
    found = [hit for text in own[:40] if (hit := _ANSWER.match(text)) is not None]
    words = {_WORDS[hit[1].upper()] for hit in found}
    if len(words) != 1:
        return None, None
    word = words.pop()
    reason = found[0][2].lower()
    return word, reason if word is Word.REFUSE and reason in REFUSALS else None


def _warnings(  # noqa: PLR0913 - all that is known of it
    mail: Incoming, found: About | None, entry: Entry | None, checks: dict[str, str], *, word: Word | None, reason: str | None
) -> list[str]:
    made = []
    if entry is None:
        made.append("no recipient of the directory is known for it")
    elif mail.senders != (entry.address.lower(),):
        made.append(f"it is not from the directory's address ({entry.address})")
        if any(each.rpartition("@")[2] == entry.address.rpartition("@")[2].lower() for each in mail.senders):
            made.append("its address is at the directory's host, and another than the one known")
    if len(mail.senders) > 1:
        made.append("it names several senders")
    if any(each not in mail.senders for each in mail.reply_to):
        made.append(f"answers to it would go elsewhere: {', '.join(mail.reply_to[:3])}")
    if not checks:
        made.append("our mail server says nothing of whether its sender is genuine")
    for name in ("dkim", "spf", "dmarc"):
        if checks and checks.get(name, "none") != "pass":
            made.append(f"{name.upper()} does not vouch for it: {checks.get(name, 'none')}")
    if _MOVED.search("\n".join((mail.subject, *mail.text))):
        made.append("it speaks of another account, address or number, or of a password: make sure by telephone before anything is changed")
    if any(_RUNS.search(each) for each in mail.files):
        made.append("a file in it can hold a program: do not open it")
    if found is not None and found.by != "its thread":
        made.append("it answers no mail of ours: it names a reference, which others can know too")
    if word is Word.REFUSE and reason is None:
        made.append("it refuses without a reason of the list")
    return made
