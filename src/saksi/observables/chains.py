"""The chains whose addresses Saksi reads, what people call them, and the bytes by which their addresses are told apart.

Sources: `chainparams.cpp` of Bitcoin, Litecoin, Dogecoin, Dash, Bitcoin Gold and Verge; Zcash protocol specification 5.6;
TRON developer documentation; SLIP-173 (Bech32 prefixes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["CHAINS", "EVM", "HRPS", "TOKENS", "VERSIONS", "Version", "currency_chains"]

CHAINS: Mapping[str, str] = {
    "btc": "Bitcoin",
    "bch": "Bitcoin Cash",
    "bsv": "Bitcoin SV",
    "btg": "Bitcoin Gold",
    "ltc": "Litecoin",
    "doge": "Dogecoin",
    "dash": "Dash",
    "zec": "Zcash",
    "xvg": "Verge",
    "eth": "Ethereum and the other EVM chains",
    "bep2": "BNB Beacon Chain",
    "tron": "TRON",
    "sol": "Solana",
    "xmr": "Monero",
    "xrp": "XRP Ledger",
}

# Chains on which one key gives the same 0x address: they share the entity `wallet:eth:0x...`.
EVM = frozenset({
    "eth", "etc", "bsc", "bnb", "arb", "arbitrum", "matic", "polygon", "pol", "base", "op", "optimism", "avax", "ftm", "fantom", "xdai",
    "gno", "gnosis", "celo", "linea", "blast", "kcs", "evm", "erc20", "erc-20", "bep20", "bep-20",
})  # fmt: skip

# Tokens live on several chains: the form of the address says on which.
TOKENS: Mapping[str, frozenset[str]] = {
    "usdt": frozenset({"eth", "tron", "sol", "btc"}),
    "usdc": frozenset({"eth", "tron", "sol"}),
    "dai": frozenset({"eth"}),
    "busd": frozenset({"eth"}),
    "trc20": frozenset({"tron"}),
    "trc-20": frozenset({"tron"}),
    "spl": frozenset({"sol"}),
}

_ALIASES: Mapping[str, str] = {
    "bep-2": "bep2",
    "xbt": "btc",
    "trx": "tron",
    "bitcoin": "btc",
    "bitcoincash": "bch",
    "bitcoin cash": "bch",
    "bitcoinsv": "bsv",
    "bitcoin sv": "bsv",
    "bitcoin gold": "btg",
    "litecoin": "ltc",
    "dogecoin": "doge",
    "zcash": "zec",
    "verge": "xvg",
    "ethereum": "eth",
    "ether": "eth",
    "solana": "sol",
    "monero": "xmr",
    "ripple": "xrp",
}


@dataclass(frozen=True, slots=True)
class Version:
    """What a Base58Check version means: the chain it belongs to unless said otherwise, others that use it too, and the kind."""

    chain: str
    kind: str
    also: tuple[str, ...] = ()


VERSIONS: Mapping[bytes, Version] = {
    b"\x00": Version("btc", "p2pkh", ("bch", "bsv")),
    b"\x05": Version("btc", "p2sh", ("bch", "bsv", "ltc")),
    b"\x30": Version("ltc", "p2pkh"),
    b"\x32": Version("ltc", "p2sh"),
    b"\x1e": Version("doge", "p2pkh", ("xvg",)),
    b"\x16": Version("doge", "p2sh"),
    b"\x4c": Version("dash", "p2pkh"),
    b"\x10": Version("dash", "p2sh"),
    b"\x26": Version("btg", "p2pkh"),
    b"\x17": Version("btg", "p2sh"),
    b"\x21": Version("xvg", "p2sh"),
    b"\x41": Version("tron", "account"),
    b"\x1c\xb8": Version("zec", "p2pkh"),
    b"\x1c\xbd": Version("zec", "p2sh"),
    b"\x6f": Version("test", "p2pkh"),
    b"\xc4": Version("test", "p2sh"),
}

HRPS: Mapping[str, str] = {
    "bc": "btc",
    "ltc": "ltc",
    "btg": "btg",
    "zs": "zec",
    "bnb": "bep2",
    "tb": "test",
    "bcrt": "test",
    "tltc": "test",
}


def currency_chains(currency: str) -> frozenset[str] | None:
    """The chains that a currency's name ("BTC", "XBT", "bitcoin", "USDT", "BSC") can mean, or None for an unknown name."""
    name = currency.strip().lower()
    if name in TOKENS:
        return TOKENS[name]
    if name in EVM:
        return frozenset({"eth"})
    name = _ALIASES.get(name, name)
    return frozenset({name}) if name in CHAINS else None
