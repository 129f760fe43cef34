"""Invented victim reports of the fictional countries A to E, of any size, from a seed; marked synthetic in every row."""

from saksi.sources.synthetic.reports import COLUMNS, reports, written
from saksi.sources.synthetic.world import COUNTRIES, EXAMPLE_PHONE, Country

__all__ = ["COLUMNS", "COUNTRIES", "EXAMPLE_PHONE", "Country", "reports", "written"]
