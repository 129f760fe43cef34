"""A document or file as it came in: its bytes by digest, and what is known of it from intake."""

from __future__ import annotations

import re
from dataclasses import dataclass

from saksi.model.canonical import Json, JsonObject
from saksi.model.errors import BadInput
from saksi.model.fields import Fields

__all__ = ["Document"]


@dataclass(frozen=True, slots=True)
class Document:
    """An original that was taken in.

    `digest` is the hex SHA-256 of its `size` bytes; `media_type` is what the reader took it for; `name` is the file name given at intake (a
    claim, never a path to open); `taken_at` is UTC; `issuer` is unknown (None) unless intake or the document's own words name it.
    """

    digest: str
    size: int
    media_type: str
    name: str
    taken_at: str
    language: str | None = None
    issuer: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.digest):
            raise BadInput("a document's digest is 64 lower-case hex digits (SHA-256)")
        if self.size < 0:
            raise BadInput("a document's size is not negative")

    def to_json(self) -> JsonObject:
        """The document as an object without its empty fields."""
        made: dict[str, Json] = {
            "digest": self.digest,
            "media_type": self.media_type,
            "name": self.name,
            "size": self.size,
            "taken_at": self.taken_at,
        }
        if self.language is not None:
            made["language"] = self.language
        if self.issuer is not None:
            made["issuer"] = self.issuer
        return made

    @classmethod
    def from_json(cls, value: Json) -> Document:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/document")
        size = fields.maybe_number("size")
        if size is None:
            raise BadInput("missing", where="/document/size")
        made = cls(
            digest=fields.text("digest"),
            size=size,
            media_type=fields.text("media_type"),
            name=fields.text("name"),
            taken_at=fields.text("taken_at"),
            language=fields.maybe_text("language"),
            issuer=fields.maybe_text("issuer"),
        )
        fields.done()
        return made
