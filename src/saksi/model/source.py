"""What a statement rests on: a document, file or list, named by the digest of its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from saksi.model.canonical import Json, JsonObject
from saksi.model.errors import BadInput
from saksi.model.fields import Fields
from saksi.model.locator import Locator
from saksi.model.moment import check_date, moment

__all__ = ["Source"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Source:
    """A source and the place in it.

    `digest` is the lower-case hex SHA-256 of the source's bytes, absent only where nobody has opened it (then the statement is
    ungraded). `series` names a recurring list or desk: all its issues count as one source. `published` is a date (ISO 8601, to the
    day or coarser) or a UTC time; `reported` is a date on which somebody told the source what the statement says, where a desk's file
    has one for each report.
    """

    digest: str | None = None
    uri: str | None = None
    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    series: str | None = None
    locator: Locator | None = None
    quote: str | None = None
    reported: str | None = None

    def __post_init__(self) -> None:
        if self.digest is not None and not _DIGEST.fullmatch(self.digest):
            raise BadInput("a source's digest is 64 lower-case hex digits (SHA-256)")
        if self.digest is None and self.uri is None and self.title is None:
            raise BadInput("a source needs a digest, an address or a title")
        if self.reported is not None:
            check_date(self.reported, "reported")
        if self.published is not None:
            (moment if "T" in self.published else check_date)(self.published, "published")

    def to_json(self) -> JsonObject:
        """The source group as an object without its empty fields."""
        made: dict[str, Json] = {}
        for name in ("digest", "published", "publisher", "quote", "reported", "series", "title", "uri"):
            value = getattr(self, name)
            if value is not None:
                made[name] = value
        if self.locator is not None:
            made["locator"] = self.locator.to_json()
        return made

    @classmethod
    def from_json(cls, value: Json) -> Source:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/source")
        place = fields.maybe_object("locator")
        made = cls(
            digest=fields.maybe_text("digest"),
            uri=fields.maybe_text("uri"),
            title=fields.maybe_text("title"),
            publisher=fields.maybe_text("publisher"),
            published=fields.maybe_text("published"),
            series=fields.maybe_text("series"),
            locator=None if place is None else Locator.from_json(place),
            quote=fields.maybe_text("quote"),
            reported=fields.maybe_text("reported"),
        )
        fields.done()
        return made

    @property
    def synthetic(self) -> bool:
        """Whether the source says of itself that it was invented: its publisher or title bears the word "synthetic"."""
        return "synthetic" in f"{self.publisher or ''} {self.title or ''}".lower()

    def identity(self) -> JsonObject:
        """What makes two sources the same one: the series where there is one, else the whole group."""
        return {"series": self.series} if self.series is not None else self.to_json()
