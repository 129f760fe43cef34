"""What came in, as an officer sees it: what it says, who it claims to be, what our own server found, and every reason to doubt it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from saksi.app.posting.appeals import Appeal, read_appeal
from saksi.app.posting.posting import Posting
from saksi.app.posting.setting import directory_of
from saksi.app.posting.tray import MAIL, Item
from saksi.exchange.answer import Proposal, proposed
from saksi.exchange.directory import Entry
from saksi.exchange.incoming import incoming
from saksi.exchange.reference import reference
from saksi.model import BadInput, Json, JsonObject, SaksiError

__all__ = ["Shown", "shown"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing in the tray, opened. `proposal` is that of a mail that could be read, `appeal` what a holder wrote; both are None where the
    words cannot be read or were erased (`why`). `recipient` is whom the request went to."""

    item: Item
    proposal: Proposal | None
    appeal: Appeal | None
    recipient: str
    why: str

    @property
    def reference(self) -> str:
        """How people call the request."""
        return "" if self.item.request is None else reference(self.item.request)

    @property
    def typing(self) -> str | None:
        """Where the answer is typed in: the request's own page, with what the mail says filled in; None where it answers no request."""
        if self.proposal is None or self.item.request is None or self.item.state != "waiting":
            return None
        word, reason = self.proposal.word, self.proposal.reason
        told = {"word": word.value if word else "", "reason": reason or "", "via": "mail", "evidence": self.item.digest}
        return f"/request/{self.item.request}?{urlencode({name: text for name, text in told.items() if text})}"

    def to_json(self, *, contact: bool) -> JsonObject:
        """The same as data without its empty fields; how a holder can be reached only where `contact` is set."""
        item, mail, appeal = self.item, self.proposal, self.appeal
        told: dict[str, Json | None] = {
            "digest": item.digest, "sort": item.sort, "request": item.request, "came": item.came, "state": item.state,
            "person": item.person, "at": item.at, "reason": item.reason, "recipient": self.recipient, "why": self.why,
        }  # fmt: skip
        if mail is not None:
            told |= {
                "looks_like": mail.sort.value, "subject": mail.subject, "claims": mail.claims, "text": mail.text, "files": mail.files,
                "word": mail.word.value if mail.word else None, "refusal": mail.reason, "checks": dict(mail.checks),
                "warnings": mail.warnings, "callback": mail.callback, "typing": self.typing,
            }  # fmt: skip
        if appeal is not None:
            told |= {"typed_reference": appeal.reference, "language": appeal.language, "text": [appeal.words]}
            told |= {"contact": appeal.contact} if contact else {}
        return {name: value for name, value in told.items() if value}


def shown(node: Posting, item: Item) -> Shown:
    """Open one thing of the tray."""
    recipient, entry = _recipient(node, item.request)
    data = node.came(item)
    if data is None:
        return Shown(item, None, None, recipient, "its words were erased")
    try:
        if item.sort != MAIL:
            return Shown(item, None, read_appeal(data), recipient, "")
        return Shown(item, proposed(incoming(data), node.outbox, entry, server=node.config.mail_server), None, recipient, "")
    except BadInput as fault:
        return Shown(item, None, None, recipient, str(fault))


def _recipient(node: Posting, request: str | None) -> tuple[str, Entry | None]:
    if request is None or not node.book.steps(request):
        return "", None
    to = node.book.history(request).request.to
    try:
        return to.name, directory_of(node.files, node.config).entry(to.id)
    except SaksiError:  # it is not in the directory any more, or that cannot be read: said as a reason to doubt
        return to.name, None
