"""Reads the plain part of YAML that data files need: mappings and lists of texts. No tags, no anchors, no aliases, no guessing of types.

Every scalar stays the text that was written: `0x12`, `1e3`, `no` and `2021-11-12` are addresses, names and dates, not numbers or truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

import yaml

from saksi.model.errors import BadInput

__all__ = ["MAX_NODES", "MAX_YAML", "Plain", "read_yaml"]

MAX_YAML = 16 << 20
MAX_NODES = 1_500_000
_DEEPEST = 8
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"


def read_yaml(stream: BinaryIO) -> Plain:
    """The one document in the stream. Raises BadInput, naming the line, for all that is not plain, and above 16 MB."""
    data = stream.read(MAX_YAML + 1)
    if len(data) > MAX_YAML:
        raise BadInput(f"a YAML document of more than {MAX_YAML} bytes", todo="split it")
    try:
        return _document(_counted(yaml.parse(data, Loader=_LOADER)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise BadInput(f"not YAML: {error.problem}", where=f"line {mark.line + 1}" if mark else "") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"not YAML: {str(error).splitlines()[0]}") from error


def _counted(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """The events, up to the number whose values surely fit in memory."""
    for number, event in enumerate(events):
        if number > MAX_NODES:
            raise BadInput(f"more than {MAX_NODES} values and brackets", where=_line(event), todo="split it")
        yield event


def _document(events: Iterator[yaml.Event]) -> Plain:
    value: Plain = None
    documents = 0
    for event in events:
        if isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent)):
            continue
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise BadInput("more than one document", where=_line(event))
            continue
        value = _node(event, events, 1)
    return value


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Plain:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise BadInput("anchors and aliases are not read: they can make a small file swell", where=_line(event))
    tag = getattr(event, "tag", None)
    if tag not in (None, "!"):
        raise BadInput(f"the tag {tag!r} is not read", where=_line(event))
    if depth > _DEEPEST:
        raise BadInput(f"nested deeper than {_DEEPEST}", where=_line(event))
    if isinstance(event, yaml.ScalarEvent):
        return None if not event.style and event.value in _NULLS else str(event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        parts: list[Plain] = []
        for part in events:
            if isinstance(part, yaml.SequenceEndEvent):
                return parts
            parts.append(_node(part, events, depth + 1))
    made: dict[str, Plain] = {}
    for part in events:
        if isinstance(part, yaml.MappingEndEvent):
            return made
        key = _node(part, events, depth + 1)
        if not isinstance(key, str) or key in made:
            raise BadInput("a key that is no text" if not isinstance(key, str) else f"the key {key!r} stands twice", where=_line(part))
        made[key] = _node(next(events), events, depth + 1)
    raise BadInput("the document is cut off")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else ""
