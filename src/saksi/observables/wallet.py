"""A wallet that scam money moved through, its checksum verified: `wallet:btc:...`, `wallet:eth:0x...`, `wallet:tron:T...`.

* One key has one address on every EVM chain, so all of them share `wallet:eth:0x...`, in small letters.
* An address that fits several chains (legacy Bitcoin, Bitcoin Cash and Bitcoin SV look the same; so do old Litecoin scripts) is read
  as its version byte says first (Bitcoin), or as `currency` says. Bitcoin Cash is written as CashAddr, old Litecoin `3...` as `M...`.
* Solana addresses carry no checksum, and are taken only when they decode to exactly 32 bytes; a note says so.
Sources: EIP-55, BIP-13, BIP-173, BIP-350, the CashAddr specification, and those named in `chains`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from saksi.model.errors import BadInput
from saksi.observables import base58, bech32
from saksi.observables.chains import CHAINS, HRPS, VERSIONS, Version, currency_chains
from saksi.observables.column import Column
from saksi.observables.digits import plain as folded
from saksi.observables.keccak import keccak256
from saksi.observables.monero import monero_address
from saksi.observables.observable import Observable
from saksi.observables.ripple import looks_like_ripple, ripple_address

__all__ = ["wallet", "wallets"]

_Read = tuple[str, str, tuple[str, ...]]  # chain, address, notes

_EVM_SMALL = re.compile(r"0x[0-9a-f]{40}\Z")
_EVERYDAY = re.compile(r"[13TLD][1-9A-HJ-NP-Za-km-z]{25,34}\Z")
_ONE_CASE = re.compile(r"(?:[a-z]{2,12}1[a-z0-9]{6,}|[A-Z]{2,12}1[A-Z0-9]{6,})\Z")
_EVM = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40})\Z")
_LONG_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}\Z")
_PREFIXED = re.compile(r"([A-Za-z][A-Za-z0-9 -]{1,12}):(?://)?(.+)\Z", re.DOTALL)
_CASH = re.compile(r"[qpzr][qpzry9x8gf2tvdw0s3jn54khce6mua7l]{41,60}\Z", re.IGNORECASE)
_NOT_ADDRESS = "give the address as the wallet or the block explorer shows it"


def wallet(text: str, *, country: str | None = None, currency: str | None = None) -> Observable:
    """The wallet in `text`; `currency` ("BTC", "USDT", "BSC" ...) says which chain is meant, and must fit the address."""
    del country
    chain, address, notes = _read(text, currency)
    return Observable("wallet", f"{chain}:{address}", "CryptoWallet", notes)


def wallets(texts: Sequence[str], currencies: Iterable[str | None] | None = None) -> Column:
    """A column of wallets, with a column of currencies or none: the same answers as `wallet`, an entity id or a reason for each row."""
    entities: list[str | None] = []
    reasons: list[str | None] = []
    hints: Iterable[str | None] = [None] * len(texts) if currencies is None else currencies
    for text, currency in zip(texts, hints, strict=True):
        try:
            chain, address, _ = _read(text, currency)
        except BadInput as refusal:
            entities.append(None)
            reasons.append(str(refusal))
        else:
            entities.append(f"wallet:{chain}:{address}")
            reasons.append(None)
    return Column(entities, reasons)


def _read(text: str, currency: str | None) -> _Read:
    if currency is None:
        if _EVM_SMALL.match(text):
            return "eth", text, ()
        if _EVERYDAY.match(text):
            return _by_base58(text, None)
    wanted = _wanted(currency)
    plain = text.strip() if text.isascii() else folded(text)
    found = _PREFIXED.match(plain)
    if found is not None and (named := currency_chains(found[1])) is not None:
        if wanted is not None and not named & wanted:
            raise BadInput(f"the address says '{found[1]}', the currency given is {currency}", todo="correct one of them")
        wanted, plain = named, _link_target(found[2])
    if not plain:
        raise BadInput("nothing was given", todo=_NOT_ADDRESS)
    chain, address, notes = _by_form(plain, wanted)
    if wanted is not None and chain not in wanted:
        meant = " or ".join(sorted(CHAINS[name] for name in wanted))
        raise BadInput(f"this is an address of {CHAINS[chain]}, not of {meant}", todo="correct the currency or the address")
    return chain, address, notes


def _wanted(currency: str | None) -> frozenset[str] | None:
    if currency is None:
        return None
    chains = currency_chains(currency)
    if chains is None:
        raise BadInput(f"the currency '{currency[:20]}' is not one whose addresses are read", todo=f"known: {', '.join(CHAINS)}")
    return chains


def _link_target(rest: str) -> str:
    """The address in a payment link (`bitcoin:1...?amount=2`, `ethereum:0x...@1`), the request around it left out."""
    if re.match(r"r[1-9A-Za-z]{24,34}\?dt=[0-9]+\Z", rest):
        return rest
    target = re.split(r"[?@]", rest, maxsplit=1)[0]
    if "/" in target:
        raise BadInput("this payment link calls a contract", todo="give the address of the recipient alone")
    return target


def _by_form(plain: str, wanted: frozenset[str] | None) -> _Read:
    if plain[0] == "0" or (wanted is not None and "eth" in wanted and _EVM.match(plain)):
        return "eth", _evm(plain), ()
    if not plain.isalnum() and len(plain.split()) > 1:
        raise BadInput("an address has no spaces inside", todo=_NOT_ADDRESS)
    if _LONG_HEX.match(plain):
        raise BadInput("64 hexadecimal digits are a transaction or a secret key, not an address", todo=_NOT_ADDRESS)
    prefix = plain.partition("1")[0].lower()
    if prefix in HRPS and plain.lower() != plain.upper():
        return _segwit(plain)
    if _CASH.match(plain):
        return "bch", _cash(plain), ()
    if len(plain) in (95, 106) or (plain[0] in "48" and len(plain) > 50):
        kind = monero_address(plain)
        return "xmr", plain, () if kind == "standard" else (f"{kind} address",)
    if _ONE_CASE.match(plain):
        _refuse_other_bech32(plain)
    if looks_like_ripple(plain) and plain[0] in "rX":
        address, notes = ripple_address(plain)
        return "xrp", address, notes
    return _by_base58(plain, wanted)


def _evm(plain: str) -> str:
    """EIP-55: capitals are the checksum; an address all in small or all in capital letters carries none."""
    found = _EVM.match(plain)
    if found is None:
        if _LONG_HEX.match(plain):
            raise BadInput("64 hexadecimal digits are a transaction or a secret key, not an address", todo=_NOT_ADDRESS)
        raise BadInput(f"an EVM address has 0x and 40 hexadecimal digits, this has {len(plain)} signs", todo="copy it again")
    digits = found[1]
    small = digits.lower()
    if digits not in (small, digits.upper()):
        sums = keccak256(small.encode("ascii")).hex()
        if any(sign.isupper() != (nibble >= "8") for sign, nibble in zip(digits, sums, strict=False) if sign.isalpha()):
            raise BadInput(
                "the capitals of this address do not agree with its digits (EIP-55 checksum)", todo="a digit is mistyped: copy it again"
            )
    return "0x" + small


def _segwit(plain: str) -> _Read:
    """BIP-173 and BIP-350: version 0 has a Bech32 checksum and 20 or 32 bytes, versions 1 to 16 have Bech32m and 2 to 40 bytes."""
    prefix, values, kind = bech32.decode(plain)
    chain = HRPS[prefix]
    if chain == "test":
        raise BadInput("this is an address of a test network, where coins have no value")
    if chain == "bep2":
        if kind != bech32.BECH32 or len(bech32.to_bytes(values)) != 20:
            raise BadInput("not an account of the BNB Beacon Chain")
        return chain, plain.lower(), ()
    if chain == "zec":
        if kind != bech32.BECH32 or len(bech32.to_bytes(values)) != 43:
            raise BadInput("not a shielded (Sapling) Zcash address")
        return chain, plain.lower(), ("shielded address",)
    if not values or values[0] > 16:
        raise BadInput("this address has a witness version that does not exist")
    program = bech32.to_bytes(values[1:])
    if kind != (bech32.BECH32 if values[0] == 0 else bech32.BECH32M):
        raise BadInput("the checksum is of the wrong kind for this witness version (BIP-350)", todo="copy the address again")
    if not 2 <= len(program) <= 40 or (values[0] == 0 and len(program) not in (20, 32)):
        raise BadInput(f"a witness program of {len(program)} bytes does not exist for version {values[0]}")
    return chain, plain.lower(), ()


def _refuse_other_bech32(plain: str) -> None:
    """Names the chain of a correct Bech32 address that is not read here; says nothing when the text is no Bech32 at all."""
    try:
        prefix, _, _ = bech32.decode(plain, longest=200)
    except BadInput:
        return
    raise BadInput(f"a correct address, but of '{prefix}', a chain whose addresses are not read here", todo=_NOT_ADDRESS)


def _cash(plain: str) -> str:
    version, payload = bech32.cash_decode("bitcoincash", plain)
    kind, size = version >> 3, {0: 20, 3: 32}.get(version & 7)
    if version & 0x80 or kind > 3 or len(payload) != size or (kind % 2 == 0 and size != 20):
        raise BadInput("not an address of Bitcoin Cash")
    # Kinds 2 and 3 say "I can hold tokens" of the same key or script as kinds 0 and 1.
    return bech32.cash_encode("bitcoincash", (kind % 2) << 3 | version & 7, payload)


def _by_base58(plain: str, wanted: frozenset[str] | None) -> _Read:
    if len(plain) < 26:
        raise BadInput("too short for a wallet address", todo=_NOT_ADDRESS)
    raw = base58.decode(plain)
    if len(raw) == 32:
        return "sol", plain, ("Solana addresses carry no checksum",)
    payload = base58.checked(raw)
    version = _version(payload)
    chain = version.chain
    if wanted is not None and chain not in wanted:
        chain = next((name for name in version.also if name in wanted), chain)
    if chain == "test":
        raise BadInput("this is an address of a test network, where coins have no value")
    if chain == "bch":
        return chain, bech32.cash_encode("bitcoincash", 8 if version.kind == "p2sh" else 0, payload[1:]), ("was written in the old form",)
    if chain == "ltc" and payload[0] == 5:
        return chain, base58.check_encode(b"\x32" + payload[1:]), ("was written in the old form",)
    return chain, plain, ()


def _version(payload: bytes) -> Version:
    version = VERSIONS.get(payload[:-20]) if len(payload) > 20 else None
    if version is not None:
        return version
    raise BadInput(
        f"its checksum is right, but no chain known here uses version {payload[0]} with {len(payload)} bytes",
        todo="an address of another chain, a secret key or a test network",
    )
