"""The parameters of an address, declared once: what reads them strictly is also what the OpenAPI document says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from saksi.model import BadInput, Json

__all__ = ["AT", "COUNTRY", "CURSOR", "LIMIT", "PURPOSE", "Asked", "Param", "read_params"]

_MOST = 20
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: a text of at most `longest` characters, matching `form` where given, or a whole number from `least` to `most`.

    `many` texts may come one after the other, twenty at most.
    """

    name: str
    about: str
    example: str | int | None = None
    needed: bool = False
    longest: int = 0
    form: str = ""
    least: int = 0
    most: int = 0
    place: str = "query"
    many: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is a text; else it is a number."""
        return self.longest > 0

    def read(self, text: str) -> str | int:
        """The value, or BadInput that names the parameter."""
        if not self.is_text:
            if not _NUMBER.fullmatch(text) or not self.least <= int(text) <= self.most:
                raise BadInput(f"a whole number from {self.least} to {self.most} is expected", where=self.name)
            return int(text)
        if not 1 <= len(text) <= self.longest:
            raise BadInput(f"a text of 1 to {self.longest} characters is expected", where=self.name)
        if any(char < " " or char == "\x7f" for char in text):
            raise BadInput("control characters are not taken", where=self.name)
        if self.form and not re.fullmatch(self.form, text, re.ASCII):
            raise BadInput(f"it has the form {self.form}", where=self.name)
        return text

    def document(self) -> Mapping[str, Json]:
        """The parameter in OpenAPI."""
        schema: dict[str, Json] = {"type": "integer", "minimum": self.least, "maximum": self.most}
        if self.is_text:
            schema = {"type": "string", "minLength": 1, "maxLength": self.longest}
            if self.form:
                schema["pattern"] = f"^(?:{self.form})$"
        made: dict[str, Json] = {"name": self.name, "in": self.place, "description": self.about, "schema": schema}
        made["required"] = self.needed or self.place == "path"
        if self.example is not None:
            made["example"] = self.example
        return made


class Asked:
    """The parameters of one request, read."""

    __slots__ = ("_many", "_values")

    def __init__(self, values: Mapping[str, str | int], many: Mapping[str, tuple[str, ...]]) -> None:
        self._values = values
        self._many = many

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.maybe(name)
        if value is None:
            raise BadInput("this parameter is needed", where=name)
        return value

    def maybe(self, name: str) -> str | None:
        """A text, or None where it was not given."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def all(self, name: str) -> tuple[str, ...]:
        """All texts of a parameter that may come more than once."""
        return self._many.get(name, ())

    def number(self, name: str) -> int | None:
        """A number, or None where it was not given."""
        value = self._values.get(name)
        return value if isinstance(value, int) else None


def read_params(params: Iterable[Param], query: QueryParams, path: Mapping[str, str], *, form: bool = False) -> Asked:
    """Read what an address declares; what it does not declare, or what comes twice, is refused. `form`: fields of a form that were left
    empty are as if not given.
    """
    known = {param.name: param for param in params}
    values: dict[str, str | int] = {}
    many: dict[str, tuple[str, ...]] = {}
    for name, text in query.multi_items():
        param = known.get(name)
        if param is None or param.place != "query":
            raise BadInput("there is no such parameter here", where=name[:40], todo=f"known: {', '.join(sorted(known)) or 'none'}")
        if param.many:
            many[name] = (*many.get(name, ()), str(param.read(text)))
            continue
        if name in values:
            raise BadInput("given twice", where=name)
        if text or param.needed or not form:
            values[name] = param.read(text)
    for param in known.values():
        if param.place == "path":
            values[param.name] = param.read(path[param.name])
        elif param.needed and param.name not in values:
            raise BadInput("this parameter is needed", where=param.name)
    if any(len(texts) > _MOST for texts in many.values()):
        raise BadInput(f"at most {_MOST} of one kind", where=min(many))
    for value in (*values.values(), *(text for texts in many.values() for text in texts)):
        if isinstance(value, str) and not value.isascii():
            _no_surrogates(value)
    return Asked(values, many)


def _no_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise BadInput("text holds a lone surrogate") from fault


AT = Param(
    "at", "The ledger size the answer reflects, at most that of the newest answers. Left out: the newest.", example=1, most=2**53 - 1
)
COUNTRY = Param("country", "Country (ISO 3166) assumed for local forms of phones and accounts.", "KH", longest=2, form="[A-Z]{2}")
PURPOSE = Param("purpose", "What the look-up is for; the header `Saksi-Purpose` says the same.", "preventing a loss", longest=200)
CURSOR = Param("cursor", "The `next` of the page before.", longest=4096, form="[A-Za-z0-9_-]+")
LIMIT = Param("limit", "How many at most on a page.", 50, least=1, most=200)
