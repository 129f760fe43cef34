"""Reads a JSON document that must fit in memory, within stated limits and strictly: no key twice, no constants outside JSON, UTF-8."""

from __future__ import annotations

import json
from typing import BinaryIO

from saksi.model.errors import BadInput

__all__ = ["MAX_JSON", "read_small_json"]

MAX_JSON = 16 << 20


def read_small_json(stream: BinaryIO) -> object:
    """The document, floats as text. Raises BadInput above 16 MB, for nesting that is too deep, and for anything that is not JSON."""
    data = stream.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        raise BadInput(f"a JSON document of more than {MAX_JSON} bytes", todo="give the list as lines of text, which have no limit")
    try:
        value: object = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_twins, parse_float=str, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BadInput("not UTF-8", where=f"byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg}", where=f"line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise BadInput("nested too deeply") from error
    return value


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadInput("an object has the same key twice", where=_twin(pairs))
    return made


def _twin(pairs: list[tuple[str, object]]) -> str:
    names = [name for name, _ in pairs]
    return next(name for name in names if names.count(name) > 1)[:100]


def _no_constant(text: str) -> object:
    raise BadInput(f"{text} is not JSON")
