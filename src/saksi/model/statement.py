"""The atom: according to a source, at a place in it, an entity has a property with a value; recorded by an authority; graded; marked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from saksi.model.canonical import Json, JsonObject, canonical, check_text, parse_canonical
from saksi.model.errors import BadInput
from saksi.model.fields import Fields
from saksi.model.grade import Grade
from saksi.model.marking import Marking
from saksi.model.source import Source
from saksi.model.vocabulary import RECORDS, SCHEMATA

__all__ = ["GROUPS", "Amendment", "Asserter", "Content", "Extraction", "Op", "Statement", "Value", "check_ref"]

Value: TypeAlias = "str | int | bool | JsonObject"
GROUPS = ("content", "source", "asserter", "handling")

_PROP = re.compile(r"[a-z][A-Za-z0-9]{0,63}")
_ENTITY = re.compile(r"[a-z][a-z0-9-]{0,31}:[^\s\x00-\x1f\x7f]{1,2048}")
_WHEN = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?)?)?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_REF = re.compile(r"[a-z0-9.-]+(/[A-Za-z0-9._-]+)*#[0-9a-f]{64}")


class Op(Enum):
    """What a statement does: the first two say something new, the others amend an earlier statement of the same author."""

    ASSERT = "assert"
    PROPOSE = "propose"
    RETRACT = "retract"
    REINSTATE = "reinstate"
    REGRADE = "regrade"
    RELABEL = "relabel"
    EXPIRE = "expire"
    CONFIRM = "confirm"
    REJECT = "reject"

    @property
    def amends(self) -> bool:
        """Whether the op needs a target."""
        return self not in {Op.ASSERT, Op.PROPOSE}


def check_ref(ref: str) -> str:
    """Give back a well-formed `ref` (origin, "#", hex commitment), the only name of a statement that may leave without its payload."""
    if not _REF.fullmatch(ref):
        raise BadInput("a reference is an origin, '#' and 64 lower-case hex digits")
    return ref


@dataclass(frozen=True, slots=True)
class Content:
    """What is said. `valid_from` and `valid_until` are ISO dates as coarse as the source gives them, or UTC times."""

    entity: str
    schema: str
    prop: str
    value: Value
    original: str | None = None
    lang: str | None = None
    polarity: str = "affirm"
    valid_from: str | None = None
    valid_until: str | None = None
    op: Op = Op.ASSERT

    def __post_init__(self) -> None:
        if not _ENTITY.fullmatch(self.entity):
            raise BadInput(f"an entity id is a kind, ':' and its normal form without blanks, not {self.entity[:80]!r}")
        check_text(self.entity, "/content/entity")
        if self.schema not in SCHEMATA:
            raise BadInput(f"unknown schema {self.schema!r}")
        if not _PROP.fullmatch(self.prop):
            raise BadInput(f"a property is a word of ASCII letters and digits, not {self.prop[:80]!r}")
        if self.polarity not in {"affirm", "deny"}:
            raise BadInput(f"polarity is affirm or deny, not {self.polarity!r}")
        if self.op.amends:
            raise BadInput(f"{self.op.value} needs a target: it is an amendment")
        for name, when in (("valid_from", self.valid_from), ("valid_until", self.valid_until)):
            if when is not None and not _WHEN.fullmatch(when):
                raise BadInput(f"{name} is an ISO date or UTC time, not {when[:40]!r}")
        _check_value(self.schema, self.prop, self.value)

    def to_json(self) -> JsonObject:
        """The content group as an object without its empty fields."""
        made: dict[str, Json] = {
            "entity": self.entity,
            "op": self.op.value,
            "polarity": self.polarity,
            "prop": self.prop,
            "schema": self.schema,
            "value": self.value,
        }
        for name in ("lang", "original", "valid_from", "valid_until"):
            value = getattr(self, name)
            if value is not None:
                made[name] = value
        return made

    def key(self) -> bytes:
        """`content_key`: SHA-256 over entity, schema, property, value and polarity. Equal content, whoever says it and wherever.

        A plain hash of guessable values: it never leaves the node.
        """
        parts: dict[str, Json] = {
            "entity": self.entity,
            "polarity": self.polarity,
            "prop": self.prop,
            "schema": self.schema,
            "value": self.value,
        }
        return hashlib.sha256(b"saksi/k1\0" + canonical(parts)).digest()


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of mind about `target` (a ref): `prev` is the ref of the author's last amendment of it; `reason` is for people."""

    op: Op
    target: str
    prev: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if not self.op.amends:
            raise BadInput(f"{self.op.value} has no target")
        check_ref(self.target)
        if self.prev is not None:
            check_ref(self.prev)

    def to_json(self) -> JsonObject:
        """The content group as an object without its empty fields."""
        made: dict[str, Json] = {"op": self.op.value, "target": self.target}
        if self.prev is not None:
            made["prev"] = self.prev
        if self.reason is not None:
            made["reason"] = self.reason
        return made


@dataclass(frozen=True, slots=True)
class Extraction:
    """The machine that read a value out of its source; `confidence` is a decimal between 0 and 1, as text."""

    tool: str
    version: str
    confidence: str | None = None

    def to_json(self) -> JsonObject:
        """The extraction as an object without its empty fields."""
        made: dict[str, Json] = {"tool": self.tool, "version": self.version}
        if self.confidence is not None:
            made["confidence"] = self.confidence
        return made


@dataclass(frozen=True, slots=True)
class Asserter:
    """Who records it, when, and how it is graded; an ungraded statement rests on a source nobody opened."""

    authority: str
    asserted_at: str
    analyst: str | None = None
    grade: Grade | None = None
    extraction: Extraction | None = None

    def __post_init__(self) -> None:
        if not self.authority.strip():
            raise BadInput("a statement names the authority that records it")
        if not _TIME.fullmatch(self.asserted_at):
            raise BadInput(f"asserted_at is a UTC time to the second (2026-01-31T09:00:00Z), not {self.asserted_at[:40]!r}")

    def to_json(self) -> JsonObject:
        """The asserter group as an object without its empty fields."""
        made: dict[str, Json] = {"asserted_at": self.asserted_at, "authority": self.authority}
        if self.analyst is not None:
            made["analyst"] = self.analyst
        if self.extraction is not None:
            made["extraction"] = self.extraction.to_json()
        if self.grade is not None:
            made["reliability"] = self.grade.reliability
            made["credibility"] = self.grade.credibility
        return made

    @classmethod
    def from_json(cls, value: Json) -> Asserter:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/asserter")
        machine = fields.maybe_object("extraction")
        letter, digit = fields.maybe_text("reliability"), fields.maybe_number("credibility")
        if (letter is None) != (digit is None):
            raise BadInput("reliability and credibility are given together", where="/asserter")
        made = cls(
            authority=fields.text("authority"),
            asserted_at=fields.text("asserted_at"),
            analyst=fields.maybe_text("analyst"),
            grade=None if letter is None or digit is None else Grade(letter, digit),
            extraction=None if machine is None else _extraction(machine),
        )
        fields.done()
        return made


@dataclass(frozen=True, slots=True)
class Statement:
    """One sourced statement: four groups, each committed to apart, so that each can be shown apart."""

    content: Content | Amendment
    source: Source
    asserter: Asserter
    handling: Marking

    def __post_init__(self) -> None:
        if self.source.digest is None and self.asserter.grade is not None:
            raise BadInput("a source nobody opened (no digest) is ungraded")

    def groups(self) -> tuple[bytes, bytes, bytes, bytes]:
        """The canonical bytes of content, source, asserter and handling, in the order of `GROUPS`."""
        return (
            canonical(self.content.to_json()),
            canonical(self.source.to_json()),
            canonical(self.asserter.to_json()),
            canonical(self.handling.to_json()),
        )

    def payload(self) -> bytes:
        """The whole statement in canonical form."""
        return canonical(
            {
                "asserter": self.asserter.to_json(),
                "content": self.content.to_json(),
                "handling": self.handling.to_json(),
                "source": self.source.to_json(),
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Statement:
        """Read what `payload` wrote, strictly."""
        fields = Fields(parse_canonical(payload), where="")
        made = cls(
            content=_content(fields.any("content")),
            source=Source.from_json(fields.any("source")),
            asserter=Asserter.from_json(fields.any("asserter")),
            handling=Marking.from_json(fields.any("handling")),
        )
        fields.done()
        return made

    def id(self) -> bytes:
        """SHA-256 of what makes two statements the same one: content, source, authority, op, target, prev; for `regrade` and `relabel`
        the new values too.

        In a series (a recurring list, a report desk) the source is the series, and how a value happened to be written (`original`,
        `lang`) does not make it another statement: a list taken again, or reordered, adds nothing. A role there that nobody dates is told
        apart by the day on which it was reported, in the place of `valid_from`. Never leaves the node.
        """
        content = dict(self.content.to_json())
        if self.source.series is not None:
            content.pop("original", None)
            content.pop("lang", None)
            if self.source.reported is not None and content.get("prop") == "role":
                content.setdefault("valid_from", self.source.reported)
        parts: dict[str, Json] = {
            "authority": self.asserter.authority,
            "content": content,
            "source": self.source.identity(),
        }
        if self.content.op is Op.REGRADE and self.asserter.grade is not None:
            parts["grade"] = str(self.asserter.grade)
        if self.content.op is Op.RELABEL:
            parts["handling"] = self.handling.to_json()
        return hashlib.sha256(b"saksi/id1\0" + canonical(parts)).digest()


def _check_value(schema: str, prop: str, value: Value) -> None:
    if isinstance(value, str):
        check_text(value, "/content/value")
        return
    if isinstance(value, (bool, int)):
        return
    if prop != "record" or schema not in RECORDS:
        raise BadInput(f"only a record schema has an object as its value, not {schema}/{prop}", where="/content/value")
    shape = RECORDS[schema]
    for name, part in value.items():
        if name not in shape:
            raise BadInput(f"unknown field {name!r} of {schema}", where="/content/value")
        if not isinstance(part, tuple if shape[name][0] is list and isinstance(part, tuple) else shape[name][0]):
            raise BadInput(f"{shape[name][0].__name__} is expected", where=f"/content/value/{name}")
    for name, (_, needed) in shape.items():
        if needed and name not in value:
            raise BadInput("missing", where=f"/content/value/{name}")


def _content(value: Json) -> Content | Amendment:
    fields = Fields(value, where="/content")
    word = fields.text("op")
    if word not in {op.value for op in Op}:
        raise BadInput(f"unknown op {word!r}", where="/content/op")
    op = Op(word)
    made: Content | Amendment
    if op.amends:
        made = Amendment(op, fields.text("target"), fields.maybe_text("prev"), fields.maybe_text("reason"))
    else:
        said = fields.any("value")
        if not isinstance(said, (str, int, bool, dict)):
            raise BadInput("a value is a text, an integer, a truth value or an object", where="/content/value")
        made = Content(
            entity=fields.text("entity"),
            schema=fields.text("schema"),
            prop=fields.text("prop"),
            value=said,
            original=fields.maybe_text("original"),
            lang=fields.maybe_text("lang"),
            polarity=fields.text("polarity"),
            valid_from=fields.maybe_text("valid_from"),
            valid_until=fields.maybe_text("valid_until"),
            op=op,
        )
    fields.done()
    return made


def _extraction(value: JsonObject) -> Extraction:
    fields = Fields(value, where="/asserter/extraction")
    made = Extraction(fields.text("tool"), fields.text("version"), fields.maybe_text("confidence"))
    fields.done()
    return made
