"""Others' real lists: every line is normal or refused for a sound reason, and the reasons are known and few."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from publicsuffixlist import PublicSuffixList

from saksi.model.errors import BadInput
from saksi.observables.host import SHARED, host, hosts, parents, registrable
from saksi.observables.url import url, url_host
from saksi.observables.wallet import wallet, wallets


@pytest.fixture(scope="module")
def lists(shared: Path) -> Path:
    folder = shared / "data" / "observables"
    if not folder.is_dir():
        pytest.skip("../shared has no lists of observables")
    return folder


def lines(folder: Path, name: str) -> list[str]:
    rows = (folder / name).read_text("utf-8").splitlines()
    return [row.partition(",")[0].strip() for row in rows if row.strip() and row != "domain,date_added"]


def why(text: str) -> str:
    """The kind of a refusal, by its words."""
    try:
        host(text)
    except BadInput as refusal:
        for word in ("URL", "IP address", "one word", "public suffix", "no top-level domain", "under arpa"):
            if word in refusal.what:
                return word
        return refusal.what
    return ""


def test_pig_butchering_hosts(lists: Path) -> None:
    texts = lines(lists, "globalantiscam_pigbutchering_hosts.txt")
    column = hosts(texts)
    refused = Counter(why(text) for text, entity in zip(texts, column.entities, strict=True) if entity is None)
    assert set(refused) <= {"URL", "one word"}, refused
    assert len(texts) - sum(refused.values()) > 10_000
    for text, entity in zip(texts, column.entities, strict=True):
        if entity is None and "/" in text:
            page = url(text)
            assert url_host(page.normal).kind == "host"


def test_polkadot_hosts(lists: Path) -> None:
    texts = lines(lists, "polkadot_phishing_domains.csv")
    column = hosts(texts)
    refused = {text: why(text) for text, entity in zip(texts, column.entities, strict=True) if entity is None}
    assert set(refused.values()) <= {"IP address", "one word", "public suffix", "no top-level domain"}, refused
    assert len(refused) <= 10
    assert refused.get("domain", "one word") == "one word"


def test_an_allow_list_of_shared_suffixes_is_taken(lists: Path) -> None:
    names = [name for name in json.loads((lists / "polkadot_phishing_allow.json").read_text("utf-8")) if "*" not in name]
    assert all(SHARED in host(name).notes for name in ("github.io", "netlify.app"))
    assert all(entity is not None for entity in hosts(names).entities)


def test_the_short_way_and_the_package_agree_on_what_one_owner_registered(lists: Path) -> None:
    package = PublicSuffixList()
    for name in ("globalantiscam_pigbutchering_hosts.txt", "polkadot_phishing_domains.csv"):
        for entity in hosts(lines(lists, name)).entities:
            if entity is None:
                continue
            normal = entity.removeprefix("host:")
            theirs = package.privatesuffix(normal)
            assert registrable(normal) == (theirs or normal)
            assert parents(normal)[-1] == registrable(normal)


def test_bulk_and_single_agree_on_every_host(lists: Path) -> None:
    texts = lines(lists, "globalantiscam_pigbutchering_hosts.txt")
    column = hosts(texts)
    for text, entity in zip(texts, column.entities, strict=True):
        try:
            full = host(" " + text)  # a space in front: never the short way
        except BadInput:
            assert entity is None
        else:
            assert entity == full.entity


def wallet_rows(lists: Path) -> Iterator[tuple[str, str | None]]:
    with (lists / "ofac_wallets_2024-09-27.csv").open(encoding="utf-8", newline="") as file:
        yield from ((row["address"], row["ofac_currency_code"]) for row in csv.DictReader(file))
    with (lists / "forta_phishing_scams.csv").open(encoding="utf-8", newline="") as file:
        yield from ((row["address"], "ETH") for row in csv.DictReader(file))
    for path in sorted((lists / "tagpacks").glob("*.yaml")):
        pack = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for tag in pack["tags"]:
            yield str(tag["address"]), tag.get("currency", pack.get("currency"))


def test_wallets_of_sanctions_lists_and_tag_packs(lists: Path) -> None:
    rows = list(wallet_rows(lists))
    column = wallets([address for address, _ in rows], [currency for _, currency in rows])
    refused = [(row, reason) for row, reason in zip(rows, column.reasons, strict=True) if reason is not None]
    assert len(rows) > 13_000
    assert len(refused) <= 25, refused
    sound = ("checksum", "EIP-55", "not used in base58", "too short", "secret key", "95 signs", "is an address of TRON, not of Bitcoin")
    for row, reason in refused:
        assert any(word in reason for word in sound), (row, reason)
    for entity in {entity for entity in column.entities if entity is not None}:
        assert wallet(entity.removeprefix("wallet:")).entity == entity


@pytest.mark.parametrize(
    "name", ["bank-website.json", "url-shortener.json", "university_domains.json", "dynamic-dns.json", "cloudflare-top10k.json"]
)
def test_safe_lists_of_hosts(shared: Path, name: str) -> None:
    path = shared / "data" / "misp" / "warninglists" / name
    if not path.is_file():
        pytest.skip(f"../shared has no {name}")
    texts = [text.removeprefix(".") for text in json.loads(path.read_text("utf-8"))["list"]]
    refused = [(text, why(text)) for text, entity in zip(texts, hosts(texts).entities, strict=True) if entity is None]
    assert all(
        reason in ("URL", "one word", "public suffix", "no top-level domain", "IP address", "under arpa") for _, reason in refused
    ), refused
    assert len(refused) <= len(texts) * 0.05, refused
