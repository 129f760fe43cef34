"""The real lists, read in place: how many rows, statements and rejects each gives, and the entries that make them hard."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from saksi.formats.reader import read
from saksi.sources import Issue, guess, reader_for

# rows, statements, entities, rejected
OBSERVABLES = {
    "globalantiscam_pigbutchering_hosts.txt": (11_221, 22_442, 11_216, 0),
    "polkadot_phishing_domains.csv": (54_863, 109_720, 54_024, 3),
    "polkadot_phishing_allow.json": (29, 29, 29, 0),
    "forta_phishing_scams.csv": (6_726, 20_171, 6_205, 2),
    "ofac_wallets_2024-09-27.csv": (654, 652, 639, 2),
}
WARNINGLISTS = {
    "bank-website": (2_226, 2_225, 1), "captive-portals": (21, 21, 0), "censys-scanning": (13, 13, 0),
    "cloudflare-top10k": (9_996, 9_916, 80),
    "common-contact-emails": (1, 0, 1), "common-ioc-false-positive": (69, 0, 1), "covid": (319, 318, 1), "crl-hostname": (222, 222, 0),
    "disposable-email": (8_201, 8_201, 0), "dynamic-dns": (35_467, 35_467, 0), "findip-host": (24, 24, 0), "google": (669, 664, 5),
    "microsoft-office365": (183, 183, 0), "openai-gptbot": (2, 2, 0), "parking-domain": (108, 108, 0), "phone_numbers": (33, 2, 31),
    "rfc1918": (3, 3, 0), "rfc5735": (15, 15, 0), "second-level-tlds": (10_231, 3_290, 6_941), "security-provider-blogpost": (647, 646, 1),
    "ti-falsepositives": (24_645, 0, 1), "tlds": (1_438, 0, 1), "university_domains": (10_578, 10_575, 3), "url-shortener": (255, 255, 0),
    "whats-my-ip": (234, 234, 0), "automated-malware-analysis": (26, 26, 0),
}  # fmt: skip


class Read:
    """One real file, recognised and read."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        found = guess(path.name, data[:8192])
        assert found is not None, path.name
        issue = Issue(hashlib.sha256(data).hexdigest(), path.name, "centre.a.example", "2026-01-01T00:00:00Z")
        self.rows = self.statements = 0
        self.said: dict[str, set[tuple[str, object]]] = {}
        self.reasons: Counter[str] = Counter()
        self.originals: set[str] = set()
        with path.open("rb") as stream:
            for chunk in read(reader_for(found.spec, found.file, issue), stream):
                self.rows += chunk.rows
                self.statements += len(chunk.batch)
                for entity, prop, value in zip(chunk.batch.entity, chunk.batch.prop, chunk.batch.value, strict=True):
                    self.said.setdefault(entity, set()).add((prop, str(value)))
                for one in chunk.rejected:
                    self.reasons[one.reason] += 1
                    self.originals.add(one.original)
        self.warning = found.file.count_warning(path.name, self.rows)


@pytest.mark.parametrize("name", OBSERVABLES)
def test_lists_of_observables(shared: Path, name: str) -> None:
    found = Read(shared / "data" / "observables" / name)
    assert (found.rows, found.statements, len(found.said), sum(found.reasons.values())) == OBSERVABLES[name]
    assert found.warning is None


def test_honest_sites_really_are_on_the_list_and_are_taken_as_it_says(shared: Path) -> None:
    found = Read(shared / "data" / "observables" / "globalantiscam_pigbutchering_hosts.txt")
    for host in ("host:etherscan.io", "host:metamask.io"):
        assert ("role", "infrastructure") in found.said[host]


def test_a_table_read_as_a_plain_list_gives_no_host_called_domain(shared: Path) -> None:
    """The bare word "domain" heads one list and stands in another: nowhere does it become a host."""
    found = Read(shared / "data" / "observables" / "polkadot_phishing_domains.csv")
    assert "host:domain" not in found.said
    listed = Read(shared / "data" / "misp" / "warninglists" / "cloudflare-top10k.json")
    assert "domain" in listed.originals
    assert "'domain' is one word, not a host (a host has a dot and an ending, like example.com)" in listed.reasons


def test_tag_packs(shared: Path) -> None:
    folder = shared / "data" / "observables" / "tagpacks"
    packs = {path.stem: Read(path) for path in sorted(folder.glob("*.yaml"))}
    assert sum(pack.rows for pack in packs.values()) == 5_675
    assert sum(sum(pack.reasons.values()) for pack in packs.values()) == 19
    assert all(pack.warning is None for pack in packs.values())
    accusing = {name for name, pack in packs.items() if any(prop == "role" for said in pack.said.values() for prop, _ in said)}
    assert accusing == {
        "aft-alqaeda-forfeit_vc", "electrum_phishing", "etherscamdb_tagpack", "forsage", "hacks", "lazarus", "lazarus2", "ofac",
        "plustoken", "ponzi_scheme", "twitter_hack_scam",
    }  # fmt: skip
    for name, pack in packs.items():
        for said in pack.said.values():
            if ("category", "exchange") in said and name != "hacks":
                assert not any(prop == "role" for prop, _ in said)
    assert not any(prop == "role" for prop, _ in packs["usdt_blacklist"].said["wallet:eth:0x" + "0" * 40])


@pytest.mark.parametrize("name", WARNINGLISTS)
def test_warning_lists_of_misp(shared: Path, name: str) -> None:
    found = Read(shared / "data" / "misp" / "warninglists" / f"{name}.json")
    assert (found.rows, found.statements, sum(found.reasons.values())) == WARNINGLISTS[name]
    assert found.warning is None
    assert {prop for said in found.said.values() for prop, _ in said} <= {"safeListed"}
    assert all(len(said) == 1 for said in found.said.values())
