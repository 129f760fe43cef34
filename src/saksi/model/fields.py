"""Reading the fields of a parsed object strictly: the right type, nothing missing, nothing unread."""

from __future__ import annotations

from collections.abc import Iterable

from saksi.model.canonical import Json, JsonObject
from saksi.model.errors import BadInput

__all__ = ["Fields"]


class Fields:
    """A parsed object whose fields are taken one by one; `done` refuses what nobody took."""

    __slots__ = ("_left", "_where")

    def __init__(self, value: Json, *, where: str) -> None:
        if not isinstance(value, dict):
            raise BadInput("an object is expected", where=where)
        self._left: dict[str, Json] = dict(value)
        self._where = where

    def text(self, name: str) -> str:
        """The text field `name`, which must be there."""
        value = self._left.pop(name, None)
        if not isinstance(value, str):
            raise BadInput("text is expected" if value is not None else "missing", where=f"{self._where}/{name}")
        return value

    def maybe_text(self, name: str) -> str | None:
        """The text field `name`, or None where it is absent."""
        return self.text(name) if name in self._left else None

    def maybe_number(self, name: str) -> int | None:
        """The integer field `name`, or None where it is absent."""
        value = self._left.pop(name, None)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise BadInput("an integer is expected", where=f"{self._where}/{name}")

    def texts(self, name: str) -> tuple[str, ...]:
        """The list of texts `name`, empty where it is absent."""
        value = self._left.pop(name, ())
        if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
            raise BadInput("a list of texts is expected", where=f"{self._where}/{name}")
        return tuple(str(part) for part in value)

    def maybe_object(self, name: str) -> JsonObject | None:
        """The object field `name`, or None where it is absent."""
        value = self._left.pop(name, None)
        if value is None or isinstance(value, dict):
            return value
        raise BadInput("an object is expected", where=f"{self._where}/{name}")

    def any(self, name: str) -> Json:
        """The field `name` of any JSON type, which must be there."""
        if name not in self._left:
            raise BadInput("missing", where=f"{self._where}/{name}")
        return self._left.pop(name)

    def done(self, known: Iterable[str] = ()) -> None:
        """Raise BadInput if a field was not taken (those in `known` may stay)."""
        unread = sorted(set(self._left) - set(known))
        if unread:
            raise BadInput(f"unknown field {unread[0]!r}", where=self._where)
