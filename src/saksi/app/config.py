"""A node's settings: `saksi.toml` in its home, then `SAKSI_*` variables, then flags; each remembers where it came from."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from saksi.app.files import read_words
from saksi.ledger.disk import LocalDisk, replace_file
from saksi.model import BadInput, NotAllowed, Tlp

__all__ = ["Config", "Setting", "find_home", "load", "write_first"]

_AUTHORITY = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_FILE = "saksi.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """What a node is told. Every field is a key of `saksi.toml` and, upper-cased, a variable `SAKSI_<KEY>`.

    `authority` is the domain name the authority answers for; `name` is how people call it; `country` (ISO 3166 alpha-2) is assumed
    for local phone and account forms; `contest` tells a holder how to contest a listing; `purpose` and `legal_basis` are put into the
    marking of what is taken in unless the take says otherwise; `clearance` is the strictest TLP that a person at this machine's own
    pages sees; `host` and `port` are where `saksi serve` listens; `workers` is the number of processes a take may use (0: only this);
    `names` are further host names that browsers call the node by; people may sign in at the identity provider `oidc_issuer`, which knows
    the node as `oidc_client` and shares the secret in the file `oidc_secret` with it.

    The others are for letters: the office's postal address (`place`), telephone, mail address, and the law that forbids to tell a holder;
    files (`directory` of recipients, `seal` and its key, passwords); the server that mails leave by (`smtp`, HOST:PORT), the folder where
    answers come in (`mailbox`), and the name under which our own mail server writes what it found of their senders (`mail_server`).
    Alerts are mailed to addresses in the domains `alert_mail`, and call webhooks in the public network and in `alert_networks`.
    """

    authority: str
    name: str = ""
    country: str = ""
    contest: str = ""
    purpose: str = ""
    legal_basis: str = ""
    clearance: str = "AMBER"
    host: str = "127.0.0.1"
    port: int = 8731
    workers: int = 2
    names: str = ""
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: str = ""
    place: str = ""
    phone: str = ""
    mail: str = ""
    tipping_off: str = ""
    directory: str = ""
    seal: str = ""
    seal_key: str = ""
    seal_password: str = ""
    smtp: str = ""
    smtp_tls: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_authorities: str = ""
    mailbox: str = ""
    mail_server: str = ""
    alert_mail: str = ""
    alert_networks: str = ""

    def __post_init__(self) -> None:
        if not _AUTHORITY.fullmatch(self.authority) or len(self.authority) > 253:
            raise BadInput(f"an authority is a domain name such as centre.a.example, not {self.authority!r}", where="authority")
        if self.country and not re.fullmatch(r"[A-Z]{2}", self.country):
            raise BadInput("a country is two capital letters (ISO 3166)", where="country")
        if self.clearance not in {level.value for level in Tlp}:
            raise BadInput(f"unknown TLP level {self.clearance!r}", where="clearance", todo=f"one of {', '.join(t.value for t in Tlp)}")
        if not 0 <= self.port <= 65_535:
            raise BadInput("a port is 0 to 65535", where="port")
        if not 0 <= self.workers <= 64:
            raise BadInput("workers is 0 to 64", where="workers")

    @property
    def origin(self) -> str:
        """The name of the node's ledger and of its signing key."""
        return f"{self.authority}/saksi/1"

    @property
    def title(self) -> str:
        """How the node is called on its pages."""
        return self.name or self.authority


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is in force: its value and where that came from."""

    key: str
    value: str | int
    origin: str


def find_home(given: str | None) -> Path:
    """The node's directory: the flag, else `SAKSI_HOME`, else the user's data directory."""
    if given:
        return Path(given).expanduser()
    told = os.environ.get("SAKSI_HOME")
    if told:
        return Path(told).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("saksi"))


def load(home: Path, env: Mapping[str, str], flags: Mapping[str, str | int]) -> tuple[Config, tuple[Setting, ...]]:
    """The configuration in force for `home`, with the origin of every setting. Raises NotAllowed where no node has been set up."""
    path = home / _FILE
    if not path.is_file():
        raise NotAllowed("there is no node here", where=str(home), todo="run `saksi init --authority NAME`, or name another --home")
    try:
        told = tomllib.loads(read_words(path, what="a file of settings"))
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(
            f"not TOML: {fault}", where=str(path), todo="mend the place it names, or bring the file back from a backup"
        ) from fault
    shape = {field.name: (int if field.default.__class__ is int else str) for field in fields(Config)}
    unknown = sorted(set(told) - set(shape))
    if unknown:
        raise BadInput(f"unknown setting {unknown[0]!r}", where=str(path), todo=f"known: {', '.join(shape)}")
    layers: list[tuple[str, Mapping[str, object]]] = [
        (str(path), told),
        ("environment", {key: env[f"SAKSI_{key.upper()}"] for key in shape if f"SAKSI_{key.upper()}" in env}),
        ("flag", {key: value for key, value in flags.items() if key in shape}),
    ]
    values: dict[str, str | int] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        for key, value in layer.items():
            values[key] = _typed(key, value, shape[key], origin)
            origins[key] = origin
    if "authority" not in values:
        raise BadInput("the authority is missing", where=str(path), todo='add a line: authority = "centre.a.example"')
    config = Config(**values)  # type: ignore[arg-type]
    return config, tuple(Setting(key, getattr(config, key), origins.get(key, "default")) for key in shape)


def write_first(home: Path, config: Config) -> None:
    """Write the settings of a new node; those left at their default are written as comments."""
    lines = ["# The settings of this node. Variables SAKSI_<KEY> and flags go before this file: `saksi config` shows what is in force.", ""]
    for field in fields(Config):
        value = getattr(config, field.name)
        text = str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        lines.append(f"{'# ' if value == field.default else ''}{field.name} = {text}")
    replace_file(LocalDisk(), home / _FILE, ("\n".join(lines) + "\n").encode())


def _typed(key: str, value: object, kind: type, origin: str) -> str | int:
    if kind is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            return int(value)
        raise BadInput("a whole number is expected", where=f"{origin}: {key}")
    if isinstance(value, str):
        return value
    raise BadInput("text is expected", where=f"{origin}: {key}")
