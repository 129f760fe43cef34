"""Invented reports, one after the other: campaigns with their phones, mules, sites and wallets, seen by victims in five countries.

Each report follows from the seed and its own number alone, so a file of any size is written in a flat memory, and a longer file begins
with the shorter one. Some rows repeat the one before; some carry slips of the pen; some contradict others.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from saksi.formats.report_write import write_reports
from saksi.model.errors import BadInput
from saksi.sources.synthetic.world import (
    COUNTRIES,
    EXAMPLE_PHONE,
    SCRIPTS,
    TYPOLOGIES,
    Country,
    host_name,
    number,
    phone,
    wallet_address,
)

__all__ = ["COLUMNS", "reports", "written"]

COLUMNS = (
    "reference", "reported_at", "happened_at", "country", "language", "typology", "channel", "synthetic", "amount", "currency", "rail",
    "payee_account", "payee_bank", "payee_country", "payee_role", "payee_wallet", "payee_chain", "amount_2", "currency_2",
    "payee_account_2", "payee_bank_2", "payee_country_2", "scam_phone", "scam_handle", "scam_platform", "scam_host", "scam_url",
    "scam_email", "spoofed_phone", "victim_phone", "victim_account", "victim_bank", "narrative",
)  # fmt: skip
_FIRST_DAY = datetime.date(2026, 1, 1)
_DAYS = 300
_LANGUAGES = ("km", "th", "en", "my", "zh")
_CHANNELS = ("phone", "sms", "messenger", "social-media", "dating-app")
_TOLD = (
    "They said the parcel was held and a fee was due.",
    "They promised a return of ten per cent a week and showed a page with my gains.",
    "They said they were from my bank and that my account had to be moved to safety.",
    "They offered work at home and asked me to pay first for the tasks.",
)
_OUT = datetime.timedelta


def reports(seed: int, count: int) -> Iterator[dict[str, str]]:
    """`count` reports as texts by column (see `COLUMNS`)."""
    if count < 0:
        raise BadInput("a number of reports is not negative")
    for at in range(count):
        chance = number(seed, "twin", at) % 100
        if at > 1 and chance < 2:
            yield _report(seed, at - 1)
        elif at > 1 and chance < 3:
            yield _report(seed, at - 1) | {"reference": _reference(_home(seed, at - 1), at)}
        else:
            yield _report(seed, at)


def written(seed: int, count: int, form: str = "csv") -> Iterator[bytes]:
    """The reports as a file, piece by piece."""
    return write_reports(reports(seed, count), COLUMNS, form)


def _home(seed: int, at: int) -> Country:
    return COUNTRIES[number(seed, "home", at) % len(COUNTRIES)]


def _reference(home: Country, at: int) -> str:
    return f"{home.letter}-{at + 1:07d}"


def _report(seed: int, at: int) -> dict[str, str]:
    home = _home(seed, at)
    lot = number(seed, "report", at)
    # Few campaigns have most victims: the smaller of two draws, twice.
    campaign = min(number(seed, "campaign", at, turn) % (at // 12 + 6) for turn in range(3))
    happened = _FIRST_DAY + _OUT(days=lot % _DAYS)
    made = {
        "reference": _reference(home, at),
        "reported_at": (happened + _OUT(days=lot // 7 % 20)).isoformat(),
        "happened_at": happened.isoformat(),
        "country": home.code,
        "language": _LANGUAGES[lot % len(_LANGUAGES)],
        "typology": TYPOLOGIES[number(seed, "kind", campaign) % len(TYPOLOGIES)],
        "channel": _CHANNELS[lot // 3 % len(_CHANNELS)],
        "synthetic": "true",
        "narrative": f"SYNTHETIC, invented: country {home.letter}. {_TOLD[lot % len(_TOLD)]}",
    }
    made |= _contact(seed, at, campaign, home) | _payment(seed, at, campaign, home) | _victim(seed, at, home)
    if at == 0:
        made["spoofed_phone"] = EXAMPLE_PHONE
        made["narrative"] = "SYNTHETIC, invented. The number shown to the caller is an example of how such numbers are written."
    return _slip(made, lot)


def _contact(seed: int, at: int, campaign: int, home: Country) -> dict[str, str]:
    """How the campaign reached the victim."""
    lot = number(seed, "contact", at)
    base = COUNTRIES[number(seed, "base", campaign) % len(COUNTRIES)]
    which = number(seed, "line", campaign, lot % 3)
    text = phone(base, which, local=base is home and lot % 2 == 0)
    if lot // 4 % 3 == 0:
        text = text.translate({ord("0") + place: sign for place, sign in enumerate(SCRIPTS[base.script])})
    made = {"scam_phone": text}
    site = host_name(number(seed, "site", campaign, lot // 8 % 2))
    choice = lot // 16 % 5
    if choice < 2:
        made["scam_host"] = site if lot % 3 else site.replace(".", "[.]")
    elif choice == 2:
        made["scam_url"] = f"https://{site}/go?ref={campaign:x}"
    elif choice == 3:
        made |= {"scam_handle": f"@synthetic_agent_{campaign % 100_000:05d}", "scam_platform": "telegram"}
    else:
        made["scam_email"] = f"agent{campaign}@{site}"
    return made


def _payment(seed: int, at: int, campaign: int, home: Country) -> dict[str, str]:
    """What was paid, to a mule's account (each mule serves several victims) or to a wallet; sometimes both."""
    lot = number(seed, "payment", at)
    mule = number(seed, "mule", campaign, lot % 4)
    account = {"payee_account": f"{mule % 10**10:010d}", "payee_bank": home.bank(mule), "payee_country": home.code}
    whole, cents = lot // 5 % 9000 + 20, lot // 11 % 100
    first = {"amount": f"{whole:,}.{cents:02d}", "currency": home.currency, "rail": "bank-transfer"}
    if lot // 13 % 3 == 0:
        chain = ("ETH", "TRX", "BTC")[lot // 17 % 3]
        first = {"amount": str(whole), "currency": {"TRX": "USDT"}.get(chain, chain), "rail": "crypto"}
        return first | {"payee_wallet": wallet_address(chain, seed, campaign, lot % 2), "payee_chain": chain}
    made = first | account
    if lot // 19 % 25 == 0:
        # The holder's bank contradicts the others: this holder was robbed of the account, or is a victim.
        made["payee_role"] = ("compromised", "victim-own")[lot % 2]
    if lot // 23 % 6 == 0:
        second = number(seed, "mule", campaign, (lot + 1) % 4)
        made |= {"amount_2": str(whole // 2 + 1), "currency_2": home.currency, "payee_account_2": f"{second % 10**10:010d}"}
        made |= {"payee_bank_2": home.bank(second), "payee_country_2": home.code}
    return made


def _victim(seed: int, at: int, home: Country) -> dict[str, str]:
    lot = number(seed, "victim", at)
    made = {"victim_phone": phone(home, lot, local=lot % 3 > 0)}
    if lot // 4 % 2:
        made |= {"victim_account": f"{lot % 10**10:010d}", "victim_bank": home.bank(lot)}
    return made


def _slip(made: dict[str, str], lot: int) -> dict[str, str]:
    """About three rows in a hundred have a slip of the pen that a reader must notice."""
    kind = lot // 29 % 100
    if kind == 0:
        made["scam_phone"] = made["scam_phone"][:3]
    elif kind == 1:
        made["happened_at"] = "2026-02-30"
    elif kind == 2 and "payee_wallet" in made:
        made["payee_wallet"] = made["payee_wallet"][:-2]
    elif kind == 3:
        made["amount"] = "about " + made.get("amount", "10")
    return made
