"""The words of the domain: schemata, roles, kinds of safe-listing, outcomes.

Schemata and properties are FollowTheMoney's, plus what it lacks for scams (phones, hosts, handles, transfers, compounds ...).
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ACCUSING_ROLES", "OUTCOMES", "RECORDS", "ROLES", "SAFE_KINDS", "SCHEMATA"]

_FTM = (
    "Address Airplane Analyzable Article Assessment Asset Associate Audio BankAccount Call CallForTenders Company Contract "
    "ContractAward CourtCase CourtCaseParty CryptoWallet Debt Directorship Document Documentation EconomicActivity Email Employment "
    "Event Family Folder HyperText Identification Image Interest Interval LegalEntity License Membership Mention Message Note "
    "Occupancy Organization Ownership Package Page Pages Passport Payment Person PlainText Position Post Project ProjectParticipant "
    "PublicBody RealEstate Representation Risk Sanction Security Similar Succession Table TaxRoll Thing Trip UnknownLink "
    "UserAccount Value Vehicle Vessel Video Workbook"
)
_OURS = (
    "Account PhoneNumber WebSite WebPage EmailAddress Handle IpAddress IpNetwork PaymentProxy SimDevice Transfer ScamSite RecruitmentAd "
    "VictimReport Movement Claim Judgement ActionRequest Receipt Outcome Case Observable"
)
SCHEMATA: frozenset[str] = frozenset((_FTM + " " + _OURS).split())

# A step of a request, by either party (see `saksi.actions.step`).
_STEP: Mapping[str, tuple[type, bool]] = {
    "after": (str, True), "at": (str, True), "checked": (str, False), "done": (list, False), "evidence": (str, False),
    "person": (str, True), "reason": (str, False), "request": (str, True), "role": (str, True),
    "text": (str, False), "unit": (str, True), "until": (str, False), "via": (str, True), "word": (str, True),
}  # fmt: skip

# Record schemata: the value is one object, asserted, disclosed and retracted whole. For each field: its JSON type, and whether it must be
# there.
RECORDS: Mapping[str, Mapping[str, tuple[type, bool]]] = {
    "Transfer": {
        "amount": (str, False), "at": (str, False), "currency": (str, False), "payee": (str, False), "payer": (str, False),
        "rail": (str, False), "reference": (str, False), "report": (str, False),
    },
    "Movement": {
        "destination": (str, False), "means": (str, False), "origin": (str, False), "person": (str, True), "role": (str, False),
        "transit": (list, False), "when": (str, False),
    },
    "Judgement": {"ground": (str, True), "left": (str, True), "right": (str, True), "verdict": (str, True)},
    "VictimReport": {
        "amount": (str, False), "channel": (str, False), "country": (str, False), "currency": (str, False), "happened": (str, False),
        "language": (str, False), "narrative": (str, False), "reference": (str, True), "reported": (str, False),
        "synthetic": (bool, False), "typology": (str, False),
    },
    "ActionRequest": {**_STEP, "asked": (dict, False), "subject": (str, False), "targets": (list, False)},
    "Receipt": _STEP,
    "Case": {  # an entry of a case (see `saksi.cases.entry`)
        "after": (str, True), "at": (str, True), "case": (str, True), "documents": (list, False), "due": (str, False),
        "entities": (list, False), "favour": (list, False), "other": (str, False), "person": (str, True), "refs": (list, False),
        "reports": (list, False), "role": (str, True), "task": (str, False), "text": (str, False), "unit": (str, True),
        "whom": (str, False), "word": (str, True),
    },
    "Claim": {"cites": (list, False), "kind": (str, False), "speakers": (list, True), "text": (str, True)},
}  # fmt: skip

# What an identifier is in a scam.
ROLES: Mapping[str, str] = {
    "recipient": "money was sent to it",
    "suspected-mule": "suspected of passing on money for others",
    "confirmed-mule": "confirmed as passing on money for others",
    "victim-own": "belongs to a victim",
    "possible-victim": "belongs to somebody who may be held or forced to do this",
    "impersonated": "belongs to somebody who is being impersonated",
    "spoofed": "shown falsely as the caller or sender",
    "compromised": "belongs to somebody else and was taken over",
    "infrastructure": "used to run the scam",
    "sanctioned": "named on a sanctions list",
}

# The roles that speak against a value. The others name somebody harmed or borrowed: blocking those would punish a victim.
ACCUSING_ROLES: frozenset[str] = frozenset({"recipient", "suspected-mule", "confirmed-mule", "infrastructure", "sanctioned"})

# Why a value must not be flagged alone.
SAFE_KINDS: Mapping[str, str] = {
    "benign": "a known good address",
    "shared": "shared by many unrelated users: only a longer address inside it can be judged",
    "reserved": "reserved for examples, tests or private networks",
}

# What became of a value after a look-up, as told by the caller.
OUTCOMES: Mapping[str, str] = {
    "payment-stopped": "a payment was stopped because of the answer",
    "payment-returned": "money was returned to the victim",
    "scam-confirmed": "the caller confirmed a scam",
    "false-alarm": "the caller found the value to be harmless",
    "already-lost": "the money had already gone",
    "no-action": "the caller did nothing",
}
