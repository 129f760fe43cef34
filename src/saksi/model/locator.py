"""Where in a source a value stands, so that a person can go and look."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.model.canonical import Json, JsonObject
from saksi.model.errors import BadInput
from saksi.model.fields import Fields

__all__ = ["Locator"]


@dataclass(frozen=True, slots=True)
class Locator:
    """A place in a source: a page or character span, a row and column of a table, or a JSON pointer.

    `page` counts from 1 as the file has it, `label` is the page number printed on it; `start` and `end` are character offsets
    (end exclusive) in the source's text; `row` counts from 1, the heading not counted; `pointer` is RFC 6901.
    """

    page: int | None = None
    label: str | None = None
    start: int | None = None
    end: int | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    pointer: str | None = None

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise BadInput("a character span has a start and an end")
        if self.start is not None and self.end is not None and not 0 <= self.start <= self.end:
            raise BadInput("a character span starts at 0 or later and does not end before it starts")
        for name, number in (("page", self.page), ("row", self.row)):
            if number is not None and number < 1:
                raise BadInput(f"a {name} counts from 1")
        if self.pointer is not None and self.pointer and not self.pointer.startswith("/"):
            raise BadInput("a JSON pointer is empty or starts with '/'")

    def to_json(self) -> JsonObject:
        """The locator as an object without its empty fields."""
        made: dict[str, Json] = {}
        for name in ("column", "end", "label", "page", "pointer", "row", "sheet", "start"):
            value = getattr(self, name)
            if value is not None:
                made[name] = value
        return made

    @classmethod
    def from_json(cls, value: Json) -> Locator:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/source/locator")
        made = cls(
            page=fields.maybe_number("page"),
            label=fields.maybe_text("label"),
            start=fields.maybe_number("start"),
            end=fields.maybe_number("end"),
            sheet=fields.maybe_text("sheet"),
            row=fields.maybe_number("row"),
            column=fields.maybe_text("column"),
            pointer=fields.maybe_text("pointer"),
        )
        fields.done()
        return made

    def __str__(self) -> str:
        parts = []
        if self.page is not None:
            parts.append(f"page {self.label or self.page}")
        if self.start is not None:
            parts.append(f"characters {self.start}-{self.end}")
        if self.sheet is not None:
            parts.append(f"sheet {self.sheet}")
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        if self.pointer is not None:
            parts.append(f"at {self.pointer or '/'}")
        return ", ".join(parts)
