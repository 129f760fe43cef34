"""The fictional countries A to E and what can exist in them without being anybody's: numbers, banks, hosts, wallets.

* Country codes XA to XE are of the range that ISO 3166-1 keeps for private use: they will never be a state's.
* Phones are of ranges that regulators keep for drama: Ofcom 07700 900000-900999; NANPA 555-0100 to 555-0199; ACMA 0491 570 xxx;
  ARCEP 06 39 98 xx xx; PTS 070-174 06 05 to 99. A country's local numbers are dialled as in the plan they are borrowed from.
* Banks have codes that no table has, so their accounts live in the desk's own space.
* Hosts and e-mails are under example.com, .net and .org (RFC 2606). Wallet addresses are digests: nobody has their keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from saksi.observables.base58 import check_encode

__all__ = ["COUNTRIES", "EXAMPLE_PHONE", "SCRIPTS", "TYPOLOGIES", "Country", "draw", "host_name", "number", "phone", "wallet_address"]

# The usual way to show what a Cambodian mobile number looks like, in Khmer digits. An example of a form, reported here as "spoofed", which
# speaks against nobody.
EXAMPLE_PHONE = "+៨៥៥ ១២ ៣៤៥ ៦៧៨"

SCRIPTS: Mapping[str, str] = {
    "khmer": "០១២៣៤៥៦៧៨៩", "thai": "๐๑๒๓๔๕๖๗๘๙", "lao": "໐໑໒໓໔໕໖໗໘໙", "burmese": "၀၁၂၃၄၅၆၇၈၉", "full-width": "０１２３４５６７８９",
}  # fmt: skip
TYPOLOGIES = (
    'rsit:fraud="phishing"',
    "cryptocurrency-threat:Pig Butchering Scam",
    'rsit:fraud="masquerade"',
    'gsma-fraud:business="social-engineering"',
)
_WORDS = ("prize", "parcel", "invest", "loan", "job", "bonus", "verify", "refund", "lucky", "trade", "wallet", "ticket")
_AUSTRALIAN = ("570006", "570110", "570156", "570157", "570158", "570159", "570313", "570737")
_AREAS = ("202", "212", "312", "415", "617", "808", "907")


@dataclass(frozen=True, slots=True)
class Country:
    """One fictional country: its letter, private-use code, the plan its phones are borrowed from, its currency and digits."""

    letter: str
    code: str
    plan: str
    currency: str
    script: str

    def bank(self, which: int) -> str:
        """One of its six banks, by a code that no table has."""
        return f"{self.code}BANK{which % 6 + 1}"


COUNTRIES = (
    Country("A", "XA", "GB", "XAD", "khmer"),
    Country("B", "XB", "US", "XBD", "thai"),
    Country("C", "XC", "AU", "XCD", "lao"),
    Country("D", "XD", "FR", "XDD", "burmese"),
    Country("E", "XE", "SE", "XED", "full-width"),
)


def draw(*words: object) -> bytes:
    """64 bytes that depend on nothing but the words."""
    return hashlib.blake2b("\x1f".join(map(str, words)).encode("utf-8"), person=b"saksi/invented").digest()


def number(*words: object) -> int:
    """A large number that depends on nothing but the words."""
    return int.from_bytes(draw(*words)[:8], "big")


def phone(country: Country, drawn: int, *, local: bool) -> str:
    """A drama number, in the country's local form or with its calling code."""
    if country.plan == "GB":
        tail = f"7700 900{drawn % 1000:03d}"
        return f"0{tail}" if local else f"+44 {tail}"
    if country.plan == "US":
        area, last = _AREAS[drawn // 100 % len(_AREAS)], drawn % 100
        return f"({area}) 555-01{last:02d}" if local else f"+1 {area} 555 01{last:02d}"
    if country.plan == "AU":
        tail = _AUSTRALIAN[drawn % len(_AUSTRALIAN)]
        return f"0491 {tail[:3]} {tail[3:]}" if local else f"+61 491 {tail[:3]} {tail[3:]}"
    if country.plan == "FR":
        pairs = f"39 98 {drawn // 100 % 100:02d} {drawn % 100:02d}"
        return f"06 {pairs}" if local else f"+33 6 {pairs}"
    tail = f"{5 + drawn % 95:02d}"
    return f"070-174 06 {tail}" if local else f"+46 70 174 06 {tail}"


def host_name(drawn: int) -> str:
    """A host under a name that is reserved for examples."""
    return f"{_WORDS[drawn % len(_WORDS)]}-{drawn // 16 % 0xFFFFFF:x}.example.{('com', 'net', 'org')[drawn % 3]}"


def wallet_address(chain: str, *words: object) -> str:
    """A well-formed address (ETH, TRX or BTC) whose key nobody has: its inside is a digest."""
    inside = draw(chain, *words)[:20]
    if chain == "ETH":
        return "0x" + inside.hex()
    return check_encode((b"\x41" if chain == "TRX" else b"\x00") + inside)
