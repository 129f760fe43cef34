"""What came into the ledger between two states of the views: the facts that are new, and those that only now count or are marked anew."""

from __future__ import annotations

import pyarrow as pa

from saksi.views.engine import Engine

__all__ = ["NEWS", "news"]

NEWS = pa.schema(
    [("ordinal", pa.uint32()), ("entity", pa.string()), ("prop", pa.string()), ("polarity", pa.string()), ("closed", pa.string()),
     ("source", pa.uint32()), ("handling", pa.uint32())]
)  # fmt: skip
_FACTS = """
WITH marked AS (SELECT target, arg_max(handling, ordinal) AS handling FROM change WHERE op = 'relabel' AND ordinal < $stop GROUP BY target)
SELECT c.ordinal, c.entity, c.prop, c.polarity, c.closed, c.source, coalesce(m.handling, c.handling) AS handling
FROM counting($stop) c LEFT JOIN marked m ON m.target = c.ordinal WHERE """
_NEW = "c.ordinal >= $start"
_OPENED = """c.ordinal < $start AND c.ordinal IN (
  SELECT target FROM change WHERE ordinal >= $start AND ordinal < $stop AND op IN ('confirm', 'reinstate', 'relabel'))"""


def news(engine: Engine, start: int, stop: int) -> pa.Table:
    """The facts with numbers from `start` to below `stop` that count, and older ones that were confirmed, reinstated or relabelled in
    between, as columns (`NEWS`): numbers of sources and markings are those of the views; `closed` is the value where values are few."""
    values: dict[str, object] = {"start": start, "stop": stop}
    found = [batch for which in (_NEW, _OPENED) for batch in engine.batches(_FACTS + which, values)]
    return pa.Table.from_batches(found).cast(NEWS) if found else NEWS.empty_table()
