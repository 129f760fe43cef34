"""What letters leave with, read from the node's settings: the office, its seal, its directory, the server. Secrets stand in files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import saksi.app.web
from saksi.app.api.ports import Check
from saksi.app.config import Config
from saksi.app.files import read_small
from saksi.app.home import Home, signing_key
from saksi.exchange import Directory, Office
from saksi.exchange.directory_file import read_csv, read_toml
from saksi.exchange.smtp import Route, Tls
from saksi.model import BadInput, SaksiError
from saksi.screen.judge import CONTEST

if TYPE_CHECKING:
    from saksi.exchange.deliver import Sender
    from saksi.exchange.seal import Seal

__all__ = ["FONTS", "Means", "directory_of", "means_of", "office_of", "post_check", "printed", "route_of", "sender_of"]

FONTS = Path(saksi.app.web.__path__[0]) / "static" / "a"
_NEEDED = ("mail", "place", "phone", "directory", "smtp")
_LARGEST_SECRET = 4_096


@dataclass(frozen=True, slots=True)
class Means:
    """All that it takes to mail a request: who sends, who is reached where, by which server."""

    sender: Sender
    directory: Directory
    route: Route


def printed(config: Config) -> str | None:
    """Why requests of this node are printed and not mailed, in words; None where they are mailed."""
    missing = [name for name in _NEEDED if not getattr(config, name)]
    return f"requests are printed, not mailed: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set" if missing else None


def means_of(files: Home, config: Config, now: datetime) -> Means:
    """The means that the settings name, at `now` (UTC). Raises BadInput with the setting that is missing or cannot be used."""
    if (why := printed(config)) is not None:
        raise BadInput(why, where="saksi.toml", todo="set them, or print the letters (`saksi request letter`)")
    return Means(sender_of(files, config, now), directory_of(files, config), route_of(files, config))


def office_of(config: Config) -> Office:
    """How the authority names itself in letters. Raises BadInput where a letter would lack a word."""
    return Office(
        name=config.title, place=config.place, callback=config.phone, mail=config.mail, contest=config.contest or CONTEST,
        origin=config.origin, tipping_off=config.tipping_off or None,
    )  # fmt: skip


def sender_of(files: Home, config: Config, now: datetime) -> Sender:
    """The office with its seal, which is the node's own key where no certificate is set."""
    from saksi.exchange.deliver import Sender

    return Sender(office_of(config), _seal(files, config, now), FONTS)


def directory_of(files: Home, config: Config) -> Directory:
    """The directory of recipients: an empty one where none is set."""
    if not config.directory:
        return Directory(())
    path = files.path / config.directory
    return (read_csv if path.suffix == ".csv" else read_toml)(_bytes(path, "directory", 4_000_000))


def route_of(files: Home, config: Config) -> Route:
    """The server that mails leave by: verified TLS, or this machine alone."""
    host, _, port = config.smtp.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 65_535:
        raise BadInput("HOST:PORT is expected, such as mail.a.example:587", where="smtp")
    if config.smtp_tls not in {each.value for each in Tls}:
        raise BadInput(f"one of {', '.join(each.value for each in Tls)}", where="smtp_tls")
    return Route(
        host=host.strip("[]"), port=int(port), tls=Tls(config.smtp_tls), user=config.smtp_user or None,
        password=_secret(files.path / config.smtp_password, "smtp_password") if config.smtp_password else None,
        authorities=files.path / config.smtp_authorities if config.smtp_authorities else None, name=config.authority,
    )  # fmt: skip


def post_check(files: Home, config: Config) -> Check:
    """Whether letters can leave. A node that was told nothing of mail is well: it prints."""
    why = printed(config)
    told = [name for name in _NEEDED if getattr(config, name)]
    if why is not None:
        return Check(name="post", ok=not told, said=why, needed=False)
    try:
        office_of(config)
        count = len(directory_of(files, config))
        route = route_of(files, config)
        if config.seal:
            _bytes(files.path / config.seal, "seal")
            _bytes(files.path / config.seal_key, "seal_key")
        if config.mailbox and not (files.path / config.mailbox).is_dir():
            raise BadInput("there is no such folder", where="mailbox")
    except SaksiError as fault:
        return Check(name="post", ok=False, said=str(fault), needed=False)
    by = "the authority's certificate" if config.seal else "the node's own key, which nobody vouches for"
    back = "answers are read from the mailbox" if config.mailbox else "answers are typed in: no mailbox is set"
    said = f"mailed by {route.host}, signed with {by}, to {count} recipients; {back}"
    return Check(name="post", ok=count > 0, said=said, needed=False)


def _seal(files: Home, config: Config, now: datetime) -> Seal:
    from saksi.exchange.seal import own_seal, read_seal

    if not config.seal:
        return own_seal(signing_key(files), config.title, now)
    word = _secret(files.path / config.seal_password, "seal_password").encode() if config.seal_password else None
    return read_seal(_bytes(files.path / config.seal, "seal"), _bytes(files.path / config.seal_key, "seal_key"), word)


def _bytes(path: Path, where: str, most: int = 1 << 20) -> bytes:
    try:
        return read_small(path, what="such a file", most=most)
    except BadInput as fault:
        todo = "name another file, or give the right to read it"
        raise BadInput(f"{path} cannot be read: {fault.what}", where=where, todo=todo) from fault


def _secret(path: Path, where: str) -> str:
    return _bytes(path, where, _LARGEST_SECRET).decode("utf-8", "replace").strip("\r\n")
