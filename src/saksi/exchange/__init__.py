"""Requests on their way to recipients without a node, by signed letter and mail, and the answers that come back, for officers to judge."""

from saksi.exchange.directory import Conflict, Directory, Entry, Found, Known
from saksi.exchange.office import Office

__all__ = ["Conflict", "Directory", "Entry", "Found", "Known", "Office"]
