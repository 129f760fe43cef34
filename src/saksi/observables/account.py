"""A bank account that money was sent to: `account:IBAN:DE89...` or, without an IBAN, `account:KH:ABA:000123456`.

Without an IBAN the id is country, bank and number. The bank is a code of the shipped table (a BIC prefix or a national code) and must
be named: a number alone is ten people's account, and an unknown bank is refused, never guessed. Special forms:
* China: a UnionPay card number (62..., Luhn digit) stands for the account and is `CN:CUP:...`, whichever bank is named with it.
* Australia: the bank is the BSB (bank and branch), `AU:062000:12345678`.
* Philippines: BPI's ten digits stand behind four zeros in its QR codes; the zeros are left out.
* Japan: branch (3 digits) and number (7, zeros in front) follow the Zengin code of the bank, `JP:0005:0011234567`.
Sources: ISO 13616 (IBAN, through python-stdnum); `resources/banks.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from stdnum import iban, luhn
from stdnum.exceptions import InvalidChecksum, ValidationError

from saksi.model.errors import BadInput
from saksi.observables.banks import Bank, bank_countries, banks_named, find_bank, prefix_bank
from saksi.observables.column import Column
from saksi.observables.digits import plain as folded
from saksi.observables.observable import Observable

__all__ = ["account", "accounts", "bank_account"]

_LOCAL = "keep it as an entity of your own: accounts of a bank that is not in the table are matched by judgement, never guessed"
_NAME_BANK = "name the bank too, like 'ABA 000 123 456' or 'KH:ABA:000123456'"

# The IBAN registry's countries (ISO 13616), none of which is in the bank table.
_IBAN_COUNTRIES = frozenset({
    "AD", "AE", "AL", "AT", "AZ", "BA", "BE", "BG", "BH", "BI", "BR", "BY", "CH", "CR", "CY", "CZ", "DE", "DJ", "DK", "DO", "EE", "EG",
    "ES", "FI", "FK", "FO", "FR", "GB", "GE", "GI", "GL", "GR", "GT", "HN", "HR", "HU", "IE", "IL", "IQ", "IS", "IT", "JO", "KW", "KZ",
    "LB", "LC", "LI", "LT", "LU", "LV", "LY", "MC", "MD", "ME", "MK", "MN", "MR", "MT", "MU", "NI", "NL", "NO", "OM", "PK", "PL", "PS",
    "PT", "QA", "RO", "RS", "RU", "SA", "SC", "SD", "SE", "SI", "SK", "SM", "SO", "ST", "SV", "TL", "TN", "TR", "UA", "VA", "VG", "XK",
    "YE",
})  # fmt: skip

_LONGEST = 200

# A card's check digit, a clearing code in front, a branch: here the digits decide about more than the number.
_BY_DIGITS = frozenset({"CN", "HK", "JP", "AU", "PH"})

# Banks that write their numbers with zeros in front in payment codes, and how many digits the numbers have.
_PADDED = {("PH", "BOPI"): 10}

_WORDS_THEN_DIGITS = re.compile(r"([ A-Za-z:/,.#()-]{0,60}[ A-Za-z:/,#()])([0-9][0-9 -]*)\Z", re.ASCII)
_IBAN = re.compile(r"(?:IBAN)?:?([A-Z]{2}[0-9]{2}[A-Z0-9]{10,30})\Z")
_BIC = re.compile(r"([A-Z]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?)[\s:/,-]+([0-9].*)\Z", re.IGNORECASE)
_NOISE = re.compile(
    r"\b(?:account|acct|acc|a/c|ac)\b\.?(?:\s*(?:number|no|nr|num)\b)?\.?\s*[:#]?"
    r"|\b(?:number|no|num)\b\.?\s*[:#]?(?=\s*\d)|\bstk\b|\bsố tài khoản\b|\b(?:no\.?\s*)?rek(?:ening)?\b\.?"
    r"|เลขที่บัญชี|เลขบัญชี|บัญชี|លេខគណនី|គណនី|ເລກບັນຊີ|账号|帐号|賬號|帳號|卡号|卡號|口座番号|계좌번호|계좌",
    re.IGNORECASE,
)
_NAME_FIRST = re.compile(r"(.*?[^\d\s:,;/()#.-])[\s:,;/()#.-]*(\d[\d\s.-]*)\)?\Z", re.DOTALL)
_NUMBER_FIRST = re.compile(r"(\d[\d\s.-]*?)[\s:,;/()#.-]+([^\d\s].*?)[\s()]*\Z", re.DOTALL)
_BSB = re.compile(r"(?:bsb)?[\s:#]*(\d{3})[\s-]?(\d{3})[\s:,/-]+(\d[\d\s-]*)\Z", re.IGNORECASE)
_CODED = re.compile(r"(\d{3,6})\s+(\d[\d-]*|\d{3}[\s-]\d{7})\Z")  # a bank's national code, a blank, a number; in Japan a branch before it
_ONLY_NUMBER = re.compile(r"[\d\s.-]+\Z")
_GAPS = re.compile(r"[\s.-]+")


def account(text: str, *, country: str | None = None) -> Observable:
    """The account in `text`: an IBAN, or a bank and a number in either order; `country` says where the bank is."""
    plain = folded(text)
    if not plain:
        raise BadInput("nothing was given", todo=_NAME_BANK)
    if len(text) > _LONGEST:
        raise BadInput("too long for a bank and an account number", todo=_NAME_BANK)
    compact = _GAPS.sub("", plain).upper()
    found = _IBAN.match(compact)
    if found is not None and (compact.startswith("IBAN") or found[1][:2] in _IBAN_COUNTRIES):
        return _iban(found[1])
    parts = plain.split(":")
    if len(parts) == 3 and parts[0].strip().upper() in bank_countries():
        return _three_parts(parts[0].strip().upper(), parts[1].strip(), parts[2])
    return _spoken(_NOISE.sub(" ", plain).strip(" :#"), country.upper() if country else None)


def accounts(texts: Sequence[str], countries: Iterable[str | None] | None = None) -> Column:
    """A column of accounts, with a column of countries or none: the same answers as `account`, an entity id or a reason for each row.

    What stands before the digits is read once: rows with the same words, country and count of digits have the same bank. Countries
    whose numbers hold more than the number (`_BY_DIGITS`) are read row by row.
    """
    known: dict[tuple[str, str | None, int], str] = {}
    entities: list[str | None] = []
    reasons: list[str | None] = []
    hints: Iterable[str | None] = [None] * len(texts) if countries is None else countries
    for text, country in zip(texts, hints, strict=True):
        found = _WORDS_THEN_DIGITS.match(text)
        key, number = None, ""
        if found is not None and len(text) <= _LONGEST:
            number = found[2].replace(" ", "").replace("-", "")
            key = (found[1], country, len(number))
            if key in known:
                entities.append(known[key] + number)
                reasons.append(None)
                continue
        try:
            entity = account(text, country=country).entity
        except BadInput as refusal:
            entities.append(None)
            reasons.append(str(refusal))
            continue
        entities.append(entity)
        reasons.append(None)
        if key is not None and entity.endswith(f":{number}") and entity.partition(":")[2][:2] not in _BY_DIGITS:
            known[key] = entity.removesuffix(number)
    return Column(entities, reasons)


def bank_account(country: str, bank: str, number: str) -> Observable:
    """The account of a bank given in parts, as payment codes and tables hold it: bank by code, BIC or national code."""
    return _three_parts(country, bank, folded(number))


def _iban(compact: str) -> Observable:
    try:
        return Observable("account", f"IBAN:{iban.validate(compact)}", "BankAccount")
    except InvalidChecksum as error:
        raise BadInput("the IBAN's check digits are wrong", todo="a sign is mistyped or missing: copy it again") from error
    except ValidationError as error:
        raise BadInput(f"not an IBAN that {compact[:2]} gives out", todo="check country and number") from error


def _three_parts(country: str, name: str, number: str) -> Observable:
    table = bank_countries().get(country)
    if table is None:
        raise BadInput(f"the table has no banks of '{country}'", todo=_LOCAL)
    if table.prefixes:
        return _branch(country, _GAPS.sub("", name), number, "")
    bank = find_bank(name, country)
    if bank is None:
        raise BadInput(f"no bank '{name[:60]}' is in the table of {table.name}", todo=_LOCAL)
    return _account(bank, number)


def _spoken(plain: str, country: str | None) -> Observable:
    found = _BIC.match(plain)
    if found is not None and find_bank(found[1], found[2].upper()):
        return _three_parts(found[2].upper(), found[1], found[3])
    if _ONLY_NUMBER.match(plain):
        return _bare(plain, country)
    found = _NAME_FIRST.match(plain)
    name, number = (found[1], found[2]) if found else ("", "")
    if found is None and (found := _NUMBER_FIRST.match(plain)) is not None:
        name, number = found[2], found[1]
    if not name:
        raise BadInput("this is not a bank and an account number", todo=_NAME_BANK)
    name, country = _country_in(name.strip(" :,;/()#.-"), country)
    if country == "AU" and (found := _BSB.search(plain)) is not None:
        return _branch("AU", found[1] + found[2], found[3], name)
    return _account(_bank(name, country), number)


def _country_in(name: str, country: str | None) -> tuple[str, str | None]:
    """A bank's name without the country that stands beside it ("KH ABA", "HSBC Hong Kong"), and that country."""
    words = name.split()
    for code, table in bank_countries().items():
        if find_bank(name, code) and code == country:
            break
        if len(words) > 1 and words[0].upper() == code:
            return " ".join(words[1:]), code
        if len(words) > 1 and words[-1].strip("()").upper() == code:
            return " ".join(words[:-1]), code
        if name.lower().endswith(" " + table.name.lower()):
            return name[: -len(table.name)].strip(), code
    return name, country


def _bank(name: str, country: str | None) -> Bank:
    if country is not None:
        table = bank_countries().get(country)
        bank = find_bank(name, country)
        if bank is None:
            where = table.name if table else f"'{country}', which has no table"
            raise BadInput(f"no bank '{name[:60]}' is in the table of {where}", todo=_LOCAL)
        return bank
    named = banks_named(name)
    if not named:
        raise BadInput(f"no bank '{name[:60]}' is in the table of any country", todo=_LOCAL)
    if len(named) > 1:
        where = ", ".join(bank.country for bank in named)
        raise BadInput(f"'{name[:60]}' is a bank in several countries: {where}", todo="say in which country")
    return named[0]


def _bare(plain: str, country: str | None) -> Observable:
    """A number without a bank's name: a Chinese card, a Japanese or an Australian number that holds its bank, or a number behind the
    national code of a bank of `country`; nothing else."""
    number = _GAPS.sub("", plain)
    if _is_card(number) and country in (None, "CN"):
        return _account(_bank("CUP", "CN"), number)
    groups = plain.split("-")
    if country == "JP" and len(number) == 14 and [len(group.strip()) for group in groups] == [4, 3, 7]:
        return _three_parts("JP", number[:4], number[4:])
    if country == "AU" and (found := _BSB.match(plain)) is not None:
        return _branch("AU", found[1] + found[2], found[3], "")
    if country and (found := _CODED.match(plain)) is not None and (bank := find_bank(found[1], country)) is not None:
        return _account(bank, found[2])
    raise BadInput("a number alone does not say whose account it is: every bank may have it", todo=_NAME_BANK)


def _branch(country: str, branch: str, number: str, name: str) -> Observable:
    """An account under a branch code of six digits (BSB), whose first digits name the bank."""
    if not re.fullmatch("[0-9]{6}", branch):
        raise BadInput(f"a BSB has six digits, not '{branch[:20]}'", todo="give it like 'BSB 062-000 account 12345678'")
    bank = prefix_bank(branch, country)
    if bank is None:
        raise BadInput(f"no bank in the table has BSB numbers that begin with {branch[:3]}", todo=_LOCAL)
    name = re.sub(r"\bbsb\b", "", name, flags=re.IGNORECASE).strip(" :,")
    said = find_bank(name, country) if name else None
    if said is not None and said.name != bank.name:
        raise BadInput(f"BSB {branch} belongs to {bank.name}, not to {said.name}", todo="correct one of them")
    return Observable("account", f"{country}:{branch}:{_number(bank, number)}", "BankAccount", (bank.name,))


def _account(bank: Bank, raw: str) -> Observable:
    if bank_countries()[bank.country].prefixes:
        raise BadInput(f"an account of {bank.name} needs its branch code too", todo="give it like 'BSB 062-000 account 12345678'")
    number = _number(bank, raw)
    if bank.country == "CN" and (bank.code == "CUP" or _is_card(number)):
        if not _is_card(number):
            raise BadInput("not a UnionPay card number: 62 in front, 16 to 19 digits, a right check digit", todo="copy it again")
        return Observable("account", f"CN:CUP:{number}", "BankAccount", () if bank.code == "CUP" else (bank.name,))
    return Observable("account", f"{bank.country}:{bank.code}:{number}", "BankAccount", (bank.name,))


def _number(bank: Bank, raw: str) -> str:
    letters = bank_countries()[bank.country].letters
    number = _GAPS.sub("", raw).upper()
    if not re.fullmatch("[0-9A-Z]+" if letters else "[0-9]+", number):
        raise BadInput(f"an account number of {bank.name} has digits only", todo="check the number")
    if bank.country == "JP":
        number = _japanese(raw, number)
    if bank.country == "HK" and len(number) > 12 and bank.national and number.startswith(bank.national):
        number = number[len(bank.national) :]
    own = _PADDED.get((bank.country, bank.code), len(number))
    number = number[:-own].lstrip("0") + number[-own:]
    if len(number) not in bank.lengths:
        allowed = _range(bank.lengths)
        todo = "zeros in front may be lost: look at the original" if len(number) < min(bank.lengths) else "check the number"
        if bank.country == "JP":
            todo = "both the branch (3 digits) and the number (7) are needed, such as 001-1234567"
        raise BadInput(f"account numbers of {bank.name} have {allowed} digits, this has {len(number)}", todo=todo)
    return number


def _japanese(raw: str, number: str) -> str:
    """Branch and number; the number gets its zeros in front back, as Zengin writes it."""
    groups = [group for group in _GAPS.split(raw.strip()) if group]
    if len(groups) == 2 and len(groups[0]) == 3 and 4 <= len(groups[1]) <= 7:
        return groups[0] + groups[1].zfill(7)
    return number


def _is_card(number: str) -> bool:
    return number.startswith("62") and 16 <= len(number) <= 19 and number.isdigit() and bool(luhn.is_valid(number))


def _range(lengths: frozenset[int]) -> str:
    low, high = min(lengths), max(lengths)
    if len(lengths) == high - low + 1:
        return str(low) if low == high else f"{low} to {high}"
    return " or ".join(str(length) for length in sorted(lengths))
