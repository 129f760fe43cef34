"""Crypto wallets named on the sanctions list of the US Treasury (OFAC SDN): a table of currency code and address."""

from __future__ import annotations

from saksi.formats.listed import Says
from saksi.formats.reader import Given
from saksi.formats.valuelist import ListReader, Table

__all__ = ["ofac_reader"]


def ofac_reader(given: Given) -> ListReader:
    """The currency code is OFAC's ("XBT" is Bitcoin); it says which chain is meant where an address fits several."""
    table = Table(value="address", hint="ofac_currency_code")
    return ListReader(given, Says(kinds=("wallet",), props=(("role", "sanctioned"),)), "table", table)
