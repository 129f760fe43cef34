"""A saved search with its owner, and the channels by which its owner is told."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from saksi.app.alerts.search import Search

__all__ = ["Alert", "Channels", "Course", "Hit", "Wish"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks to be told: the search, what it is for, and where it is to ring (an https address, a mail address, or empty)."""

    search: Search
    purpose: str
    hook: str = ""
    mail: str = ""


class Channels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an alert rings beside the pages and the stream of events, which every owner has. Empty: not there.

    `hook` is the address of a webhook, `secret` what its calls are signed with; `mail` a mail address; `feed` the secret that opens the
    Atom feed without a key.
    """

    hook: str = ""
    secret: str = ""
    mail: str = ""
    feed: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. `owner` is a person's pseudonym or the name of a key; `purpose` is what the owner says it is for; `made` is UTC."""

    id: str
    owner: str
    made: str
    paused: bool
    search: Search
    purpose: str
    channels: Channels


@dataclass(frozen=True, slots=True)
class Hit:
    """A statement (its commitment in hex) that answered an alert, numbered in the order in which they were found; `at` is UTC.

    `more` is the clearance under which others were found beside it that are not listed, or empty.
    """

    number: int
    alert: str
    statement: str
    at: str
    more: str


@dataclass(frozen=True, slots=True)
class Course:
    """How far a channel (`hook` or `mail`) of an alert is: hits up to `told` are told, those up to `until` are being told.

    `tries` were made in vain since; the next is due at `next_at` (UTC). `stopped` says why it rings no more, or is empty.
    """

    alert: str
    channel: str
    told: int
    until: int
    tries: int
    next_at: str
    stopped: str
