"""What a page's form sends, read strictly; and where a browser may be sent on to."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl

from saksi.app.api.desk import Call
from saksi.app.api.problems import Refused
from saksi.app.intake.multipart import read_form as read_parts
from saksi.model import BadInput

__all__ = ["Form", "local_path", "read_form", "read_form_with_file"]

_MEDIA, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_LONGEST = 16_384


class Form:
    """The fields of one form."""

    __slots__ = ("_fields",)

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def one(self, name: str) -> str:
        """A field that stands there once; empty where it was left out. Raises BadInput where it comes twice."""
        found = self.all(name)
        if len(found) > 1:
            raise BadInput("given twice", where=name)
        return found[0] if found else ""

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return tuple(value for key, value in self._fields if key == name)


async def read_form(call: Call, known: Collection[str], *, longest: int = _LONGEST, most: int = 50) -> Form:
    """Read the body as a form with these fields, `most` of them in `longest` bytes.

    Raises BadInput for any other field, Refused for another kind of body.
    """
    if _media(call) != _MEDIA:
        raise Refused("wrong-media", f"send {_MEDIA}")
    data = await call.request.body()
    if len(data) > longest:
        raise Refused("too-large", f"at most {longest} bytes")
    try:
        fields = parse_qsl(data.decode("ascii"), keep_blank_values=True, strict_parsing=bool(data), errors="strict", max_num_fields=most)
    except ValueError as fault:
        raise BadInput("the form cannot be read", where="body") from fault
    return _known(fields, known)


async def read_form_with_file(call: Call, known: Collection[str], *, longest: int, most: int) -> tuple[Form, bytes | None]:
    """The same, from a form that one file may be sent with: its bytes, as they are. Raises BadInput also for a second file."""
    if _media(call) != _PARTS:
        return await read_form(call, known, longest=longest, most=most), None
    sent = read_parts(await call.request.body(), call.request.headers["content-type"].encode("latin-1", "replace"))
    if sum(len(value) for values in sent.fields.values() for value in values) > longest:
        raise Refused("too-large", f"at most {longest} characters beside the file")
    if len(sent.files) > 1:
        raise BadInput("one file goes with it", where="file", todo="put several pages into one file")
    form = _known([(name, value) for name, values in sent.fields.items() for value in values], known)
    return form, next((each.data for each in sent.files), None)


def _media(call: Call) -> str:
    return call.request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _known(fields: list[tuple[str, str]], known: Collection[str]) -> Form:
    strange = sorted({name for name, _ in fields} - set(known))
    if strange:
        raise BadInput("there is no such field here", where=strange[0][:40])
    return Form(fields)


def local_path(text: str) -> str:
    """Where to go on to: an address of this node; its first page where it is anything else."""
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and len(text) <= 2000
    return text if plain and all(" " < char < "\x7f" for char in text) else "/"
