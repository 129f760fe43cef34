"""The HTTP interface: look-ups, intake, lists, the ledger's tiles, oversight; every error in one shape."""

from saksi.app.api.application import make_app, make_desk
from saksi.app.api.desk import Desk, Limits, Settings
from saksi.app.api.keys import Key, KeyStore, Role
from saksi.app.api.ports import Node

__all__ = ["Desk", "Key", "KeyStore", "Limits", "Node", "Role", "Settings", "make_app", "make_desk"]
