"""GraphSense TagPacks: attribution tags of crypto addresses, each with a label, a source, a category, an abuse and a confidence.

Fields of the head hold for every tag that does not say otherwise. `abuse` becomes a role and a typology; `category` says what a service
is. A service's own wallet (an exchange, a mixer, a miner) is labelled and never accused: those who send money there are its customers.
Vocabulary: the INTERPOL Dark Web and Virtual Assets taxonomy, which TagPacks use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from saksi.formats.batch import Chunk, Rejected
from saksi.formats.gather import Gather, Said, nfc
from saksi.formats.reader import Given, Job, rejected
from saksi.formats.yaml_plain import Plain, read_yaml
from saksi.model.errors import BadInput
from saksi.model.grade import Grade
from saksi.model.locator import Locator
from saksi.model.vocabulary import ROLES
from saksi.observables.wallet import wallets

__all__ = ["CREDIBILITY_OF", "ROLE_OF", "SERVICES", "TagPackReader"]

_ROWS = 8_192
_TAG = ("address", "currency", "label", "source", "category", "abuse", "confidence", "actor")
_QUIET = {"title", "creator", "description", "lastmod", "tags", "is_cluster_definer", "is_public"}

# How a tag came about -> how likely it is (Admiralty). One source alone is never 1 ("confirmed by other sources").
CREDIBILITY_OF: Mapping[str, int] = {
    "ownership": 2, "ledger_immanent": 2, "service_data": 2, "service_api": 2, "manual_transaction": 2, "authority_data": 2,
    "trusted_provider": 2, "trusted_transaction": 2, "override": 3, "forensic": 3, "forensic_investigation": 3,
    "untrusted_transaction": 4, "web_crawl": 4, "heuristic": 4, "unknown": 6,
}  # fmt: skip

# What an abuse makes of an address that is no service's own.
ROLE_OF: Mapping[str, str] = {
    "scam": "recipient", "phishing": "recipient", "ponzi_scheme": "recipient", "pyramid_scheme": "recipient",
    "investment_fraud": "recipient", "romance_scam": "recipient", "extortion": "recipient", "sextortion": "recipient",
    "ransomware": "recipient", "hack": "recipient", "service_hack": "recipient", "defi_exploit": "recipient", "theft": "recipient",
    "terrorism": "recipient", "money_laundering": "suspected-mule", "sanction": "sanctioned",
}  # fmt: skip

SERVICES = frozenset({
    "exchange", "wallet_service", "hosted_wallet", "gambling", "miner", "mining_service", "mixing_service", "coinjoin", "payment_processor",
    "atm", "market", "faucet", "broker", "defi", "defi_dex", "defi_lending", "defi_bridge", "hosting", "bridge", "escrow_service",
    "embedded_service", "p2p_exchange", "decentralized_exchange",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class TagPackReader:
    """Reads one pack (YAML). `roles` gives, by a pack's own title, the role of addresses of a pack that names no abuse."""

    given: Given
    roles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for title, role in self.roles.items():
            if role not in ROLES:
                raise BadInput(f"unknown role {role!r}", where=title)

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        """Jobs of tags, the head's fields filled in."""
        pack = read_yaml(stream)
        if not isinstance(pack, dict) or not isinstance(pack.get("tags"), list) or not isinstance(pack.get("title"), str):
            raise BadInput("a TagPack is a mapping with 'title' and a list of 'tags'")
        tags = pack["tags"]
        assert isinstance(tags, list)
        head = {key: part for key, part in pack.items() if isinstance(part, str)}
        notes = [
            rejected(Locator(pointer=f"/{key}"), "nobody read this field", key) for key in pack if key not in _QUIET and key not in _TAG
        ]
        notes += _unread(tags)
        said: dict[str, str] = {key: head[key] for key in ("title", "lastmod") if key in head}
        for start in range(0, max(len(tags), 1), _ROWS):
            rows: list[tuple[str, ...]] = []
            numbers: list[int] = []
            faults: list[Rejected] = []
            for index, tag in enumerate(tags[start : start + _ROWS], start):
                try:
                    rows.append(_row(tag, head))
                    numbers.append(index)
                except BadInput as refusal:
                    faults.append(rejected(Locator(pointer=f"/tags/{index}"), str(refusal), repr(tag)))
            yield Job(_TAG, rows, numbers, (*notes, *faults), len(rows) + len(faults), "/tags", said)
            notes = []

    def read_job(self, job: Job) -> Chunk:
        """What the pack says of each address."""
        source = self.given.source
        issue = replace(source, title=source.title or job.head["title"], published=source.published or job.head.get("lastmod"))
        gather = Gather(replace(self.given, source=issue))
        texts, currencies = [row[0].strip() for row in job.rows], [row[1] or None for row in job.rows]
        column = wallets(texts, currencies)
        faults = list(job.rejected)
        kept = []
        for at, entity in enumerate(column.entities):
            if entity is None:
                faults.append(rejected(job.locator(at), column.reasons[at] or "", f"{currencies[at] or ''} {texts[at]}".strip()))
            else:
                kept.append(at)
        role = self.roles.get(job.head["title"])
        for prop, values in _props([job.rows[at] for at in kept], role).items():
            told = [place for place, value in enumerate(values) if value is not None]
            gather.say(
                Said(
                    "CryptoWallet",
                    prop,
                    [column.entities[kept[place]] or "" for place in told],
                    [values[place] or "" for place in told],
                    pointer=[f"/tags/{job.numbers[kept[place]]}" for place in told],
                    original=[texts[kept[place]] for place in told] if prop == "label" else None,
                    asserter=[self._asserter(gather, job.rows[kept[place]][6]) for place in told],
                )
            )
        return Chunk(gather.batch(), tuple(faults), job.counted)

    def _asserter(self, gather: Gather, confidence: str) -> int:
        """The given asserter, its credibility as the tag's confidence says; a confidence that is not known cannot be judged."""
        asserter = self.given.asserter
        if asserter.grade is None:
            return 0
        grade = Grade(asserter.grade.reliability, CREDIBILITY_OF.get(confidence, 6))
        return gather.asserter(replace(asserter, grade=grade))


def _row(tag: Plain, head: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(tag, dict):
        raise BadInput("a tag is a mapping")
    if not isinstance(tag.get("address"), str):
        raise BadInput("a tag without an address")
    for key in _TAG:
        if key in tag and not isinstance(tag[key], (str, type(None))):
            raise BadInput("a text is expected", where=f"/{key}")
    return tuple(str(tag[key]) if tag.get(key) is not None else head.get(key, "") for key in _TAG)


def _unread(tags: list[Plain]) -> list[Rejected]:
    """Each field of a tag that nobody reads, once, at its first place."""
    first: dict[str, int] = {}
    for index, tag in enumerate(tags):
        for key in tag if isinstance(tag, dict) else ():
            if key not in _TAG and key not in _QUIET:
                first.setdefault(key, index)
    return [
        rejected(Locator(pointer=f"/tags/{index}/{key}"), "nobody read this field, here and in later tags", key)
        for key, index in first.items()
    ]


def _props(rows: Sequence[Sequence[str]], role: str | None) -> dict[str, list[str | None]]:
    """For each property a column over the tags, None where a tag does not say it."""
    made: dict[str, list[str | None]] = {name: [] for name in ("label", "role", "typology", "category", "actor", "sourceUrl")}
    for _, _, label, source, category, abuse, _, actor in rows:
        service = category in SERVICES
        made["label"].append(nfc(label) or None)
        made["role"].append(None if service else ROLE_OF.get(abuse, role))
        made["typology"].append(f"interpol-dwva:{nfc(abuse)}" if abuse and not service else None)
        made["category"].append(nfc(category) or None)
        made["actor"].append(nfc(actor) or None)
        made["sourceUrl"].append(nfc(source) or None)
    return made
