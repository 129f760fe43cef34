"""Examples for the API's description. All of it is invented."""

from __future__ import annotations

from saksi.model import Json

__all__ = ["ANSWER", "BODY", "LISTED", "MEASURES", "STEP"]

_ID, _HEAD = "5a" * 16, "c4" * 32
_GROUND = "centre.a.example/saksi/1#" + "0f" * 32
_WORDS: dict[str, Json] = {
    "kind": "verify", "grounds": [_GROUND], "offence": "fraud", "instrument": "agreement of the centres", "legal_basis": "Act 1 of A",
    "purpose": "to know whose account it is", "proportionality": "one question about one account", "urgency": "routine",
}  # fmt: skip
BODY: dict[str, Json] = {**_WORDS, "to": "bank-b", "targets": [{"entity": "account:KH:BANKB:0001"}]}
STEP: dict[str, Json] = {"word": "send", "head": _HEAD}
LISTED: dict[str, Json] = {
    "requests": [
        {
            "id": _ID, "reference": "SK-5A5A-5A5A-5A5A", "kind": "verify", "recipient": "Bank B (synthetic)", "unit": "unit one",
            "mine": "sent", "theirs": "received", "waits_for": "them", "due": "2026-06-25T12:00:00Z", "over": False, "words": [],
        }
    ],
    "next": "WyIyMDI2LTA2LTI1VDEyOjAwOjAwWiA1YTVhIixudWxsXQ",
}  # fmt: skip
ANSWER: dict[str, Json] = {
    "id": _ID, "reference": "SK-5A5A-5A5A-5A5A", "mine": "approved", "theirs": "silent", "said": "approved; not sent yet", "stands": False,
    "request": {
        **_WORDS, "id": _ID, "grounds": [{"ref": _GROUND, "made_of": "statement"}], "targets": [{"entity": "account:KH:BANKB:0001"}],
        "to": {"id": "bank-b", "party": "bank", "name": "Bank B (synthetic)", "address": "desk@bank.b.example", "by_hand": False},
        "officer": "p-0123456789", "unit": "unit one",
    },
    "waits_for": "us", "head": _HEAD, "subject": "d5" * 32, "missing": [], "due": [], "expired": False, "silent": False,
    "held_seconds": 0, "over_asked": [], "words": ["edit", "send", "withdraw"], "closed": {},
    "steps": [
        {
            "ref": "centre.a.example/saksi/1#" + "1e" * 32,
            "digest": _HEAD,
            "step": {
                "word": "draft", "role": "analyst", "request": _ID, "at": "2026-06-15T12:00:00Z", "after": "00" * 32,
                "person": "p-0123456789", "unit": "unit one", "via": "node",
            },
        }
    ],
}  # fmt: skip
MEASURES: dict[str, Json] = {"at": 1204331, "measures": [], "units": [{"unit": "unit one", "waits": 7, "overdue": 0}], "money": []}
