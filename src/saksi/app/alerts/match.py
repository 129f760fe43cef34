"""New statements against all saved searches at once: every search is a key, every statement answers to a few keys, the rest is a join.

So ten thousand searches cost about what one does. Equal searches by readers of the same clearance are one question. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import duckdb
import pyarrow as pa

from saksi.views import segments

__all__ = ["Found", "Question", "matched"]

# How each way makes keys of statements. A text is found by its last four characters, then compared whole.
_KEYS = {
    "entity": "SELECT ordinal, 'entity' AS how, entity AS key FROM news",
    "prefix": """SELECT ordinal, 'prefix' AS how, left(entity, size) AS key FROM news, (SELECT DISTINCT length(key) AS size FROM question
      WHERE how = 'prefix') WHERE length(entity) >= size""",
    "below": """SELECT ordinal, 'below' AS how, array_to_string(labels[place:], '.') AS key FROM (
      SELECT ordinal, labels, unnest(range(1, len(labels) + 1)) AS place FROM (
        SELECT ordinal, string_split(CASE split_part(entity, ':', 1) WHEN 'host' THEN substr(entity, 6)
          WHEN 'url' THEN regexp_extract(entity, '^url:[a-z]+://([^/:?#]+)', 1) ELSE split_part(entity, '@', -1) END, '.') AS labels
        FROM news WHERE split_part(entity, ':', 1) IN ('host', 'url', 'email')))""",
    "network": "SELECT ordinal, 'network' AS how, key FROM news JOIN inside USING (entity)",
    "text": """SELECT DISTINCT ordinal, 'text' AS how, q.key FROM (
      SELECT ordinal, low, unnest(range(1, length(low) - 2)) AS place FROM (SELECT ordinal, lower(entity) AS low FROM news))
      JOIN (SELECT DISTINCT key FROM question WHERE how = 'text') q ON substr(low, place, 4) = right(q.key, 4)
      WHERE contains(low, q.key)""",
    "source": "SELECT ordinal, 'source' AS how, publisher AS key FROM news JOIN said_by USING (source)",
}
_MATCH = """
SELECT q.number, n.ordinal, count(*) OVER (PARTITION BY q.number) AS many
FROM ({keys}) k JOIN question q ON q.how = k.how AND q.key = k.key JOIN news n ON n.ordinal = k.ordinal
JOIN seen s ON s.handling = n.handling AND s.level = q.level
WHERE q.role = '' OR (n.prop = 'role' AND n.polarity = 'affirm' AND n.closed = q.role)
QUALIFY row_number() OVER (PARTITION BY q.number ORDER BY n.ordinal DESC) <= {most}
ORDER BY q.number, n.ordinal"""


@dataclass(frozen=True, slots=True)
class Question:
    """One key that is looked for: a way of `search.WAYS` (but for cases: those are the entities they name), the role asked for (or
    none), and the rank of the clearance of those who ask."""

    how: str
    key: str
    role: str
    level: int


@dataclass(frozen=True, slots=True)
class Found:
    """A statement (by number) that answers the question at `place`; `more`: others did too, and are not listed."""

    place: int
    ordinal: int
    more: bool


def matched(  # noqa: PLR0913 - the two sides of a join and what decides it
    news: pa.Table, questions: Sequence[Question], *, seen: pa.Table, said_by: pa.Table, scratch: Path, most: int = 200
) -> list[Found]:
    """What of `news` (`saksi.views.news`) answers which question: at most the newest `most` for each.

    `seen` has a row (level, handling) for each marking that a clearance may see: what may not be seen is neither found nor counted.
    `said_by` names the publisher of each source. `scratch` takes what does not fit in memory.
    """
    ways = [how for how in _KEYS if any(each.how == how for each in questions)]
    if not ways or not len(news):
        return []
    asked = pa.table(
        {
            "number": pa.array(range(len(questions)), pa.uint32()),
            **{name: [getattr(each, name) for each in questions] for name in ("how", "key", "role", "level")},
        }
    )
    with segments.engine(scratch) as link:
        for name, table in (("news", news), ("question", asked), ("seen", seen), ("said_by", said_by)):
            link.register(name, table)
        if "network" in ways:
            link.register("inside", _inside(link, {each.key for each in questions if each.how == "network"}))
        query = _MATCH.format(keys=" UNION ALL ".join(_KEYS[how] for how in ways), most=most)
        return [Found(place, ordinal, many > most) for place, ordinal, many in link.execute(query).fetchall()]


def _inside(link: duckdb.DuckDBPyConnection, networks: Iterable[str]) -> pa.Table:
    """Which of the new addresses and networks lie in which of `networks`: each is cut to the lengths that are asked for."""
    wanted = {ip_network(each) for each in networks}
    lengths = {version: sorted({each.prefixlen for each in wanted if each.version == version}) for version in (4, 6)}

    @cache
    def whole(version: int, start: int, length: int) -> str:
        made = (IPv4Network if version == 4 else IPv6Network)((start, length))
        return str(made) if made in wanted else ""

    made: list[tuple[str, str]] = []
    rows = link.execute("SELECT DISTINCT entity FROM news WHERE starts_with(entity, 'ip:') OR starts_with(entity, 'network:')")
    for (entity,) in rows.fetchall():
        inner = ip_network(entity.partition(":")[2])
        start, bits = int(inner.network_address), inner.max_prefixlen
        keys = (whole(inner.version, start >> bits - n << bits - n, n) for n in lengths[inner.version] if n <= inner.prefixlen)
        made += [(entity, key) for key in keys if key]
    return pa.table({"entity": pa.array([row[0] for row in made], pa.string()), "key": pa.array([row[1] for row in made], pa.string())})
