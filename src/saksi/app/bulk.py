"""What a process that screens a column opens for itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from saksi.screen.bulk import Opened, of_any_kind, of_kind
from saksi.views.views import Views

__all__ = ["opened", "rows_in"]


def opened(views: Path, kind: str | None, country: str | None) -> Opened:
    """The views in a folder, and how a column is read: of one kind, or each value by itself."""
    store = Views.open(views)
    read = partial(of_any_kind, country=country) if kind is None else partial(of_kind, kind=kind, country=country)
    return Opened(store, None, read)


def rows_in(path: Path) -> int | None:
    """How many rows a file has, for the progress bar; None where counting them would mean parsing them."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return int(pq.read_metadata(path).num_rows)
    return None
