"""The columns of a victim report as Saksi takes it: what an anti-scam centre's desk writes down, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FIELDS", "MOST_REPEATS", "OBSERVED", "Field", "Observed", "base_name", "field_name"]

MOST_REPEATS = 9


@dataclass(frozen=True, slots=True)
class Field:
    """One documented column. `repeats`: there may be `name_2` to `name_9`. `whole`: a number in a spreadsheet would have lost digits."""

    words: str
    repeats: bool = False
    whole: bool = False


FIELDS: Mapping[str, Field] = {
    "reference": Field("the desk's own number for the report; makes the report's id", whole=True),
    "reported_at": Field("when the victim reported it: ISO date or UTC time, or as the mapping's date order says"),
    "happened_at": Field("when the scam happened, or when the first payment was made; a year or a month is enough"),
    "country": Field("where it was reported: two capital letters (ISO 3166); local phone and account forms are read by it"),
    "language": Field("the language of the narrative (BCP 47, such as km or zh-Hant)"),
    "typology": Field("what kind of scam, as a tag of a published vocabulary; given to each value that is not the victim's own"),
    "channel": Field("how the scammers reached the victim (phone, sms, social-media, dating-app, ...)"),
    "loss_amount": Field("the whole loss; where it is left out and there is one payment, that payment's amount"),
    "loss_currency": Field("currency of the whole loss (ISO 4217, or a coin's short name)"),
    "narrative": Field("what happened, in the victim's or the officer's words"),
    "person_in_danger": Field("whether somebody is in danger or held: yes or no, empty where nobody asked; never where they are"),
    "still_paying": Field("whether the victim still pays, or is still asked to: yes or no, empty where nobody asked"),
    "synthetic": Field("true for invented reports; they stay marked as such wherever they go"),
    "amount": Field("what was paid", repeats=True),
    "currency": Field("currency of the payment", repeats=True),
    "paid_at": Field("when it was paid", repeats=True),
    "rail": Field("how it was paid (bank-transfer, card, wallet-app, crypto, cash, ...)", repeats=True),
    "payment_reference": Field("the bank's or the chain's number of the payment", repeats=True, whole=True),
    "payee_account": Field("account the money was sent to", repeats=True, whole=True),
    "payee_bank": Field(
        "bank of that account: a code of the shipped table, a BIC, or its country's own bank code (`004`)", repeats=True, whole=True
    ),
    "payee_country": Field("country of that account or phone, where it is not the report's", repeats=True),
    "payee_name": Field("name of the account's holder as shown to the victim", repeats=True),
    "payee_wallet": Field("crypto wallet the money was sent to", repeats=True, whole=True),
    "payee_chain": Field("chain or coin of that wallet (BTC, ETH, TRX, USDT, ...)", repeats=True),
    "payee_phone": Field("phone number that the money was sent to (a payment proxy or a wallet app)", repeats=True),
    "payee_email": Field("e-mail that the money was sent to (a payment proxy)", repeats=True),
    "payee_role": Field("what the desk holds the payee for, where it knows more than 'recipient'", repeats=True),
    "scam_phone": Field("phone number the scammers used", repeats=True),
    "scam_email": Field("e-mail address the scammers used", repeats=True),
    "scam_handle": Field("their account on a messenger or a social network", repeats=True),
    "scam_platform": Field("which network that is, where the handle does not say so", repeats=True),
    "scam_url": Field("page the victim was sent to", repeats=True),
    "scam_host": Field("web site, by its host name", repeats=True),
    "scam_ip": Field("internet address", repeats=True),
    "scam_wallet": Field("crypto wallet shown to the victim, nothing paid", repeats=True, whole=True),
    "scam_role": Field("what the desk holds these for, where it is not 'infrastructure'", repeats=True),
    "spoofed_phone": Field("number that was shown falsely as the caller", repeats=True),
    "impersonated_phone": Field("number of somebody the scammers pretended to be", repeats=True),
    "impersonated_host": Field("web site the scammers pretended to be", repeats=True),
    "victim_phone": Field("the victim's own number", repeats=True),
    "victim_email": Field("the victim's own e-mail address", repeats=True),
    "victim_handle": Field("the victim's own account on a messenger or a social network", repeats=True),
    "victim_platform": Field("which network that is", repeats=True),
    "victim_account": Field("the account the victim paid from", repeats=True, whole=True),
    "victim_bank": Field("bank of that account", repeats=True, whole=True),
    "victim_wallet": Field("the wallet the victim paid from", repeats=True, whole=True),
}


@dataclass(frozen=True, slots=True)
class Observed:
    """A column that holds observables: their kind, the role they get, and the columns that say more about them."""

    kind: str
    role: str
    role_from: str | None = None
    country_from: str | None = None
    hint_from: str | None = None


OBSERVED: Mapping[str, Observed] = {
    "payee_account": Observed("account", "recipient", "payee_role", "payee_country", "payee_bank"),
    "payee_wallet": Observed("wallet", "recipient", "payee_role", None, "payee_chain"),
    "payee_phone": Observed("phone", "recipient", "payee_role", "payee_country"),
    "payee_email": Observed("email", "recipient", "payee_role"),
    "scam_phone": Observed("phone", "infrastructure", "scam_role"),
    "scam_email": Observed("email", "infrastructure", "scam_role"),
    "scam_handle": Observed("handle", "infrastructure", "scam_role", None, "scam_platform"),
    "scam_url": Observed("url", "infrastructure", "scam_role"),
    "scam_host": Observed("host", "infrastructure", "scam_role"),
    "scam_ip": Observed("ip", "infrastructure", "scam_role"),
    "scam_wallet": Observed("wallet", "infrastructure", "scam_role"),
    "spoofed_phone": Observed("phone", "spoofed"),
    "impersonated_phone": Observed("phone", "impersonated"),
    "impersonated_host": Observed("host", "impersonated"),
    "victim_phone": Observed("phone", "victim-own"),
    "victim_email": Observed("email", "victim-own"),
    "victim_handle": Observed("handle", "victim-own", None, None, "victim_platform"),
    "victim_account": Observed("account", "victim-own", None, None, "victim_bank"),
    "victim_wallet": Observed("wallet", "victim-own"),
}

_NUMBERED = re.compile(r"(.+)_([2-9])")


def base_name(name: str) -> tuple[str, int]:
    """A column's field and which of its repeats it is: "amount_2" -> ("amount", 2), "amount" -> ("amount", 1)."""
    found = _NUMBERED.fullmatch(name)
    return (found[1], int(found[2])) if found and found[1] in FIELDS and FIELDS[found[1]].repeats else (name, 1)


def field_name(base: str, number: int) -> str:
    """The other way round."""
    return base if number == 1 else f"{base}_{number}"
