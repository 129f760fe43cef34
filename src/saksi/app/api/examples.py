"""The examples in the OpenAPI document: invented, of fictional authorities; a test reads each with the shape it stands for."""

from __future__ import annotations

from collections.abc import Mapping

from saksi.model import Json

__all__ = [
    "ACCESS",
    "AMENDED",
    "AMENDMENT_BODY",
    "ANSWER",
    "ANSWERS",
    "CHECKPOINT",
    "ERASURE",
    "ERASURE_BODY",
    "FEEDS",
    "KEY",
    "KEYS",
    "OUTCOME",
    "OUTCOME_BODY",
    "PROOF",
    "QUESTIONS",
    "READY",
    "RETRACTION_BODY",
    "SEARCH",
    "STATEMENT",
    "TAKE",
    "TAKES",
    "WITHDRAWAL",
]

_C = "0f" * 32
_REF = f"centre.a.example/saksi/1#{_C}"
_SEEN: Mapping[str, Json] = {"recorded": {"first": "2026-01-31T09:00:00Z", "last": "2026-01-31T09:00:00Z"}}

ANSWER: Mapping[str, Json] = {
    "query": "phish.example.net",
    "entity": "host:phish.example.net",
    "kind": "host",
    "status": "known",
    "flagged": True,
    "decided_by": 0,
    "why": [{"code": "accused", "text": "It is named as part of a scam, and nothing you may see speaks against it."}],
    "warnings": [],
    "roles": [
        {
            "part": 0,
            "role": "infrastructure",
            "meaning": "used to run the scam",
            "kind": "accuses",
            "said_by": ["Centre of Country A (synthetic)"],
            "denied_by": [],
            "recorded_by": ["centre.a.example"],
            "sources": [1],
            "statements": 1,
            "seen": _SEEN,
        }
    ],
    "parts": [{"entity": "host:phish.example.net", "relation": "exact", "status": "known", "flagged": True, "safe": [], "standing": 1}],
    "sources": [
        {
            "n": 1,
            "publisher": "Centre of Country A (synthetic)",
            "title": "Reports of January",
            "uri": "https://centre.a.example/january.csv",
            "published": "2026-01-31",
            "series": "centre.a.example/reports",
            "digest": "ab" * 32,
            "grades": ["B2"],
            "says": "affirm",
            "statements": 1,
        }
    ],
    "statements": [
        {
            "ref": _REF,
            "part": 0,
            "prop": "role",
            "value": "infrastructure",
            "polarity": "affirm",
            "source": 1,
            "locator": {"row": 7},
            "quote": "phish[.]example[.]net",
            "original": "phish[.]example[.]net",
            "recorded_by": "centre.a.example",
            "recorded_at": "2026-01-31T09:00:00Z",
            "grade": "B2",
            "tlp": "GREEN",
            "pap": "GREEN",
            "lang": "en",
            "valid_from": "2026-01-30",
            "valid_until": "2026-12-31",
            "reported": "2026-01-31",
        }
    ],
    "past": [],
    "total": 1,
    "reports": 1,
    "independent": {"sources": 1, "collapsed": 0, "unopened": 0},
    "seen": _SEEN,
    "marking": {"tlp": "GREEN", "pap": "GREEN"},
    "contest": "Write to the centre named above and give the reference.",
    "at": 4,
}
QUESTIONS: Mapping[str, Json] = {"values": ["phish.example.net", "០១២ ៣៤៥ ៦៧៨"], "country": "KH"}
ANSWERS: Mapping[str, Json] = {"at": 4, "answers": [ANSWER]}
STATEMENT: Mapping[str, Json] = {
    "ref": _REF,
    "commitment": _C,
    "entity": "host:phish.example.net",
    "groups": {
        "content": {
            "entity": "host:phish.example.net",
            "op": "assert",
            "polarity": "affirm",
            "prop": "role",
            "schema": "WebSite",
            "value": "infrastructure",
        }
    },
    "hidden": ["source", "asserter", "handling"],
    "leaf": 3,
    "index": 0,
    "logged_at": "2026-01-31T09:00:01Z",
    "standing": "stands",
    "changes": [],
    "at": 4,
    "synthetic": True,
}
CHECKPOINT = "centre.a.example/saksi/1\n4\n" + "A" * 43 + "=\n\n— centre.a.example/saksi/1 " + "A" * 91 + "=\n"
_HASH = "A" * 43 + "="
PROOF: Mapping[str, Json] = {
    "saksi": "proof/1",
    "origin": "centre.a.example/saksi/1",
    "ref": _REF,
    "leaf": "A" * 64,
    "log": f"c2sp.org/tlog-proof@v1\nindex 3\n{_HASH}\n{_HASH}\n\n{CHECKPOINT}",
    "groups": {
        "content": {"is": '{"entity":"host:phish.example.net"}', "secret": "A" * 22 + "=="},
        "source": {"hash": _HASH},
        "asserter": {"hash": _HASH},
        "handling": {"hash": _HASH},
    },
    "batch": {"index": 0, "count": 2, "root": _HASH, "path": [_HASH]},
}
_HIT: Mapping[str, Json] = {
    "entity": "host:phish.example.net",
    "kind": "host",
    "status": "known",
    "statements": 1,
    "said_by": "Centre of Country A (synthetic)",
    "recorded_at": "2026-01-31T09:00:00Z",
    "synthetic": True,
    "flagged": True,
}
SEARCH: Mapping[str, Json] = {"hits": [_HIT], "next": "WyJob3N0OnBoaXNoLmV4YW1wbGUubmV0Iiw0XQ", "at": 4}
TAKE: Mapping[str, Json] = {
    "id": "0000000000000001",
    "name": "reports.csv",
    "taken_at": "2026-01-31T09:00:01Z",
    "digest": "ab" * 32,
    "taken": 12,
    "duplicate": 3,
    "rejected": 1,
    "size": 4,
    "expired": 0,
    "changed": 0,
    "erased": 0,
    "rejects": ["row 5, column phone: too short for a phone number"],
}
TAKES: Mapping[str, Json] = {"takes": [{**TAKE, "digest": ""}], "next": "WyIxIl0"}
OUTCOME_BODY: Mapping[str, Json] = {"value": "phish.example.net", "outcome": "payment-stopped", "happened": "2026-02-01"}
OUTCOME: Mapping[str, Json] = {"ref": _REF, "entity": "host:phish.example.net", "outcome": "payment-stopped", "duplicate": False}
RETRACTION_BODY: Mapping[str, Json] = {"value": "phish.example.net", "publisher": "Centre of Country A", "reason": "listed by mistake"}
AMENDMENT_BODY: Mapping[str, Json] = {"op": "expire", "refs": [_REF], "reason": "the domain has a new owner"}
AMENDED: Mapping[str, Json] = {"op": "retract", "targets": [_REF], "refs": [f"centre.a.example/saksi/1#{'1e' * 32}"]}
WITHDRAWAL: Mapping[str, Json] = {
    "id": "0f" * 16,
    "op": "retract",
    "state": "waiting",
    "said": "It is accepted and kept, and is written to the ledger as soon as what is under way has ended and there is room.",
    "asked_at": "2026-06-15T12:00:00Z",
    "by": "0123abcd",
    "targets": [_REF],
    "refs": [],
}
_REPORT = "report:centre.a.example/R-1"
ERASURE_BODY: Mapping[str, Json] = {"what": _REPORT, "ground": "request of the person, decision 12 of 2026"}
ERASURE: Mapping[str, Json] = {
    "what": _REPORT,
    "plan": "5a" * 32,
    "statements": 3,
    "amendments": 1,
    "subjects": 1,
    "shared_with_others": 0,
    "originals": 1,
    "losing_their_original": 2,
    "erased": False,
    "notices": [],
}
FEEDS: Mapping[str, Json] = {"feeds": [{"name": "hosts", "media_type": "text/plain", "about": "Hosts to block, as a hosts file."}]}
READY: Mapping[str, Json] = {
    "ready": True,
    "checks": [{"name": "ledger", "ok": True, "said": "4 leaves", "needed": True, "damaged": False}],
}
ACCESS: Mapping[str, Json] = {
    "lines": [
        {
            "when": "2026-02-01T08:00:00Z",
            "who": "0123abcd",
            "role": "reader",
            "purpose": "preventing a loss",
            "kind": "lookup",
            "count": 1,
            "what": ["9a" * 16],
            "size": 4,
            "prev": "0" * 64,
        }
    ],
    "total": 1,
}
KEY: Mapping[str, Json] = {
    "id": "0123abcd",
    "holder": "desk of bank B",
    "role": "reader",
    "clearance": "GREEN",
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2027-01-01T00:00:00Z",
    "revoked_at": "2026-02-01T00:00:00Z",
}
KEYS: Mapping[str, Json] = {"keys": [KEY]}
