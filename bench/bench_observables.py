"""How fast accounts, wallets, hosts, URLs and IPs are normalised, one core, in bulk; beside the libraries that do a part of it.

    python bench/bench_observables.py [--quick]

Inputs are made here from a fixed seed: no list of others is needed. A peer does less than the function beside it, which the name of its
column says; the ratio is ours over theirs.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import random
import time
from collections.abc import Callable

import base58
import bech32
from publicsuffixlist import PublicSuffixList
from stdnum import iban

from saksi.observables import base58 as ours58
from saksi.observables.account import account, accounts
from saksi.observables.detect import detect
from saksi.observables.emvco import sealed
from saksi.observables.host import host, hosts
from saksi.observables.ip import ip
from saksi.observables.keccak import keccak256
from saksi.observables.kinds import observe_column
from saksi.observables.qr import read_qr
from saksi.observables.url import url
from saksi.observables.wallet import wallets

SEED = 20_261_124
ENDINGS = ("com", "top", "xyz", "co.uk", "com.kh", "cc", "vip", "net", "io", "pages.dev")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def main() -> None:
    """Measure everything and print one JSON line each."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--quick", action="store_true")
    rows = 20_000 if ask.parse_args().quick else 200_000
    chance = random.Random(SEED)
    bench_accounts(rows, chance)
    bench_half_phones_half_accounts(rows, chance)
    bench_hosts(rows, chance)
    bench_wallets(rows // 10, chance)
    bench_others(rows // 10, chance)


def rate(rows: int, work: Callable[[], object]) -> float:
    """Rows a second of one core's time, the best of three runs: the work is one thread without input or output, and other work on the
    machine must not be counted against it."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return rows / best


def say(name: str, value: float, goal: float | None, peer: str, peer_value: float | None) -> None:
    """One line of the bench's output, in rows a second."""
    ratio = None if not peer_value else round(value / peer_value, 2)
    peer_rounded = None if peer_value is None else round(peer_value)
    print(
        json.dumps(
            {"name": name, "value": round(value), "unit": "rows/s", "goal": goal, "peer": peer, "peer_value": peer_rounded, "ratio": ratio}
        )
    )


def account_texts(rows: int, chance: random.Random) -> list[str]:
    """Invented accounts of Cambodian, Thai and Malaysian banks, as reports write them; a fiftieth is of no known bank or too short."""
    banks = (("ABA", 9), ("KH:ABA:", 9), ("ABA Bank", 9), ("ABA", 9), ("KH:ABA:", 9), ("ABAAKHPP", 9))
    texts = []
    for row in range(rows):
        name, length = banks[row % len(banks)]
        digits = f"{chance.randrange(10**length):0{length}d}"
        if row % 50 == 49:
            texts.append(f"Nowhere {digits}" if row % 100 == 99 else f"ABA {digits[:6]}")
        elif name.endswith(":"):
            texts.append(name + digits)
        else:
            texts.append(f"{name} {digits[:3]} {digits[3:6]} {digits[6:]}" if row % 2 else f"{name} {digits}")
    return texts


def bench_accounts(rows: int, chance: random.Random) -> None:
    texts = account_texts(rows, chance)
    countries = ["KH"] * rows
    few = texts[: rows // 20]
    say("accounts in bulk, Cambodia, six spellings, 2 % refused", rate(rows, lambda: accounts(texts, countries)), 250_000, "", None)
    say("accounts one by one", rate(len(few), lambda: [refused_or(account, text, country="KH") for text in few]), None, "", None)
    bodies = [f"{chance.randrange(10**18):018d}" for _ in range(rows // 20)]
    ibans = [iban.calc_check_digits("DE00" + body) for body in bodies]
    ibans = [f"DE{check}{body}" for check, body in zip(ibans, bodies, strict=True)]
    say(
        "IBANs in bulk",
        rate(len(ibans), lambda: accounts(ibans)),
        None,
        "stdnum.iban.validate",
        rate(len(ibans), lambda: [iban.validate(one) for one in ibans]),
    )


def refused_or(read: Callable[..., object], text: str, **hints: str) -> object:
    """The reading or the refusal."""
    try:
        return read(text, **hints)
    except Exception as refusal:
        return refusal


def bench_half_phones_half_accounts(rows: int, chance: random.Random) -> None:
    from saksi.observables.phone_bulk import phones

    half = rows // 2
    numbers = [f"0{chance.choice(['12', '17', '77', '92'])} {chance.randrange(10**6):06d}" for _ in range(half)]
    texts = account_texts(half, chance)
    phones(numbers[:10], "KH")
    observe = rate(rows, lambda: (observe_column("phone", numbers, "KH"), observe_column("account", texts, "KH")))
    say("half phones, half accounts, as entity ids", observe, 250_000, "", None)
    say("phones in bulk, as entity ids", rate(half, lambda: observe_column("phone", numbers, "KH")), 300_000, "", None)


def host_texts(rows: int, chance: random.Random) -> list[str]:
    """Invented everyday hosts; a hundredth defanged, a hundredth international, a hundredth a bare word."""
    texts = []
    for row in range(rows):
        parts = ["".join(chance.choices(LETTERS[:26], k=chance.randint(4, 12))) for _ in range(chance.choice([1, 1, 2]))]
        name = ".".join([*parts, chance.choice(ENDINGS)])
        texts.append({97: name.replace(".", "[.]"), 98: "例え" + name, 99: parts[0]}.get(row % 100, name))
    return texts


def bench_hosts(rows: int, chance: random.Random) -> None:
    texts = host_texts(rows, chance)
    package = PublicSuffixList()
    hosts(texts[:10])
    theirs = rate(rows, lambda: [package.privatesuffix(text) for text in texts])
    say("hosts in bulk, 3 % odd", rate(rows, lambda: hosts(texts)), 200_000, "publicsuffixlist alone", theirs)
    odd = [text for text in texts if not text.isascii()]
    say("international hosts one by one", rate(len(odd), lambda: [host(text) for text in odd]), None, "", None)


def bench_wallets(rows: int, chance: random.Random) -> None:
    coins = [base58.b58encode_check(b"\0" + chance.randbytes(20)).decode() for _ in range(rows)]
    say(
        "Bitcoin addresses (base58) in bulk",
        rate(rows, lambda: wallets(coins)),
        None,
        "base58.b58decode_check",
        rate(rows, lambda: [base58.b58decode_check(one) for one in coins]),
    )
    say(
        "base58 decoding with checksum",
        rate(rows, lambda: [ours58.check_decode(one) for one in coins]),
        None,
        "base58.b58decode_check",
        rate(rows, lambda: [base58.b58decode_check(one) for one in coins]),
    )
    segwit = [bech32.encode("bc", 0, chance.randbytes(20)) or "" for _ in range(rows)]
    say(
        "Bitcoin addresses (bech32) in bulk",
        rate(rows, lambda: wallets(segwit)),
        None,
        "bech32.decode",
        rate(rows, lambda: [bech32.decode("bc", one) for one in segwit]),
    )
    small = ["0x" + chance.randbytes(20).hex() for _ in range(rows)]
    say("EVM addresses in small letters in bulk", rate(rows, lambda: wallets(small)), None, "", None)
    mixed = [checksummed(one) for one in small[: rows // 4]]
    say(
        "EVM addresses with EIP-55 checksum in bulk",
        rate(len(mixed), lambda: wallets(mixed)),
        None,
        "keccak alone",
        rate(len(mixed), lambda: [keccak256(one.encode()) for one in mixed]),
    )


def checksummed(address: str) -> str:
    """An EVM address with its EIP-55 capitals."""
    sums = keccak256(address[2:].encode()).hex()
    return "0x" + "".join(sign.upper() if nibble >= "8" else sign for sign, nibble in zip(address[2:], sums, strict=False))


def bench_others(rows: int, chance: random.Random) -> None:
    names = host_texts(rows, chance)
    pages = [
        f"http://{name}/{chance.randrange(10**6)}?id={chance.randrange(100)}"
        for name in names
        if name.isascii() and "." in name and "[" not in name
    ]
    say("URLs one by one", rate(len(pages), lambda: [url(page) for page in pages]), None, "", None)
    numbers = [".".join(str(chance.randrange(1, 255)) for _ in range(4)) for _ in range(rows)]
    say(
        "IPv4 addresses one by one",
        rate(rows, lambda: [ip(number) for number in numbers]),
        None,
        "ipaddress.ip_address",
        rate(rows, lambda: [ipaddress.ip_address(number) for number in numbers]),
    )
    codes = [
        sealed(f"00020101021129370016A00000067701011101130066{chance.randrange(800_000_000, 999_999_999)}5802TH5303764")
        for _ in range(rows // 10)
    ]
    say("payment QR codes", rate(len(codes), lambda: [refused_or(read_qr, code) for code in codes]), None, "", None)
    typed = [
        "etherscan.io",
        "012 345 678",
        "0xde709f2102306220921060314715629080e2fb77",
        "ABA 000 123 456",
        "hxxps://bad[.]example[.]com/x",
    ] * (rows // 50)
    say("detection of typed values", rate(len(typed), lambda: [detect(text, country="KH") for text in typed]), None, "", None)


if __name__ == "__main__":
    main()
