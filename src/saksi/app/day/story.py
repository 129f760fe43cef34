"""What the invented day is about: reports of people who do not exist, and recipients that could act, in the fictional countries A and B."""

from __future__ import annotations

from saksi.app.intake.told import Payment, Profile, Told

__all__ = ["ANSWER", "APPEAL", "AUTHORITY", "DIRECTORY", "LANDLADY", "MULE", "PHONE", "SITE", "walked_in", "wrote_in"]

AUTHORITY = "centre.a.example"
_BANK = "XBBANK1"
_CALLER, _MULE, _LANDLADY = "+1 202 555 0147", "44001201", "44001777"
PHONE, SITE = "phone:+12025550147", "url:https://parcel-fee.example.net/pay"
MULE = f"account-local:{AUTHORITY}/XB/{_BANK.lower()}/{_MULE}"
LANDLADY = f"account-local:{AUTHORITY}/XB/{_BANK.lower()}/{_LANDLADY}"  # somebody who did nothing: named in a report by mistake

DIRECTORY = f"""# Invented recipients of the demonstration (synthetic).
[[recipient]]
id = "bank-b"
party = "bank"
name = "First Bank of B (synthetic)"
address = "fraud@bank.b.example"
languages = ["en"]
callback = "+1 202 555 0100"
covers = {{ banks = ["XB:{_BANK}"] }}

[[recipient]]
id = "telco-b"
party = "telco"
name = "Telephones of B (synthetic)"
address = "abuse@telco.b.example"
languages = ["th", "en"]
callback = "+1 202 555 0101"
covers = {{ phones = ["+1202"] }}

[[recipient]]
id = "host-b"
party = "host"
name = "Host of B (synthetic)"
address = "abuse@host.b.example"
languages = ["en"]
callback = "+1 202 555 0102"
covers = {{ hosts = ["parcel-fee.example.net"] }}
"""

APPEAL = "I let rooms. The money was a deposit for a room; I know of no parcel (synthetic)."
ANSWER = "We have found the account and hold the amount that you named until the day that you named (synthetic)."


def _paid(day: str, amount: str, account: str) -> Payment:
    return Payment(
        amount=amount, currency="XBD", paid_at=day, account=account, bank=_BANK, country="XB", rail="bank-transfer",
        from_account=f"770{len(amount)}{amount[:1]}01", from_bank="XABANK2",
    )  # fmt: skip


def walked_in(day: str) -> tuple[Told, ...]:
    """Reports that an operator took down today (`day`, ISO): three people, one caller, two accounts, a page."""
    return (
        _heard(day, "A voice said that my parcel was held and a fee was due; then a larger fee (synthetic).", _paid(day, "1250.00", _MULE),
               links=("https://parcel-fee.example.net/pay",)),
        _heard(day, "The same parcel story, twice in one morning (synthetic).", _paid(day, "900.00", _MULE), still_paying=True),
        _heard(day, "After the call I paid for a room, and thought that it was the same people (synthetic).",
               _paid(day, "300.00", _LANDLADY)),
    )  # fmt: skip


def wrote_in(day: str) -> tuple[Told, ...]:
    """Reports through the public form: they wait in the queue, nobody has looked at them yet."""
    return (
        Told(narrative="They hold my passport and make me call people from a list (synthetic).", in_danger=True, country="XB",
             synthetic=True, consent=("rescue",), location="a house beside the market (synthetic)",
             profiles=(Profile("boss-of-lists", "telegram"),)),
        Told(narrative="A voice asked for a parcel fee; I did not pay (synthetic).", phones=(_CALLER,), country="XA", happened_at=day,
             synthetic=True, in_danger=False, still_paying=False, consent=("authorities",)),
    )  # fmt: skip


def _heard(day: str, narrative: str, paid: Payment, *, links: tuple[str, ...] = (), still_paying: bool = False) -> Told:
    return Told(
        narrative=narrative, payments=(paid,), links=links, still_paying=still_paying, in_danger=False, happened_at=day, phones=(_CALLER,),
        country="XA", channel="phone", synthetic=True, consent=("authorities", "banks"),
    )  # fmt: skip
