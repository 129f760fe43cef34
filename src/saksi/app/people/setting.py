"""What the node's settings say about names of hosts and the identity provider."""

from __future__ import annotations

import re
from pathlib import Path

from saksi.app.api.desk import LOOPBACK
from saksi.app.config import Config
from saksi.app.files import read_words
from saksi.app.people.provider import Told
from saksi.model import BadInput

__all__ = ["host_names", "provider_of"]

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII)


def host_names(text: str) -> frozenset[str]:
    """The names that a request may call the node by: those of this machine, and those that the settings name."""
    names = text.lower().split()
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name[:80]!r} is no name of a host", where="names", todo="names only, without https and without a port")
    return LOOPBACK | frozenset(names)


def provider_of(home: Path, config: Config) -> Told | None:
    """What the node is told of its identity provider; None where the settings name none. The file of its secret is named from `home`."""
    if not config.oidc_issuer:
        return None
    secret = read_words(home / config.oidc_secret, what="a secret").strip() if config.oidc_secret else ""
    return Told(config.oidc_issuer, config.oidc_client, secret)
