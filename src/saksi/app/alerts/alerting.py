"""The alerts of a node that serves: one thread that matches what is new and rings, and what the pages and the API use of it."""

from __future__ import annotations

import hmac
import os
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from saksi.app.alerts.alert import Alert, Channels, Wish
from saksi.app.alerts.hook import allowed_networks, check_hook, ring
from saksi.app.alerts.mailed import check_mail
from saksi.app.alerts.matching import match_new
from saksi.app.alerts.owners import Owners
from saksi.app.alerts.rounds import Rounds
from saksi.app.alerts.store import AlertStore
from saksi.app.alerts.telling import Teller
from saksi.app.api.access import AccessLog
from saksi.app.api.keys import KeyStore
from saksi.app.beside import beside
from saksi.app.home import alerts_key, now_text, people_key
from saksi.app.people.people import FOLDER
from saksi.app.people.register import Register
from saksi.app.people.store import Store
from saksi.app.posting.posting import Posting
from saksi.app.posting.setting import route_of
from saksi.exchange.outbox import Outbox
from saksi.exchange.smtp import hand_over
from saksi.model import NotAllowed, NotReady

__all__ = ["Alerting", "alerting", "opened"]

_EACH = 0.5
_SHARE = 9  # rounds of matching take a tenth of one core's time at most
_ENDS_WITHIN = 20.0
_CALLS = 4


@dataclass(frozen=True, slots=True)
class Alerting:
    """All there is about alerts in a node that is open."""

    node: Posting
    store: AlertStore
    owners: Owners
    teller: Teller
    people: Store

    def save(self, owner: str, wish: Wish, *, key: str = "") -> Alert:
        """Save a search. With the same `key` (and owner) nothing is saved twice: the first is given back.

        Raises BadInput where a channel cannot be had, or the owner has too many; NotAllowed where the key was another wish's.
        """
        hook, mail = check_hook(wish.hook) if wish.hook else "", check_mail(wish.mail, self.node.config) if wish.mail else ""
        made = secrets.token_hex(6)
        if key:
            made = hmac.digest(alerts_key(self.node.files), f"{owner}\0{key}".encode(), "sha256")[:6].hex()
            for each in self.store.of(owner):
                if each.id == f"w-{made}":
                    if wish != Wish(each.search, each.purpose, each.channels.hook, each.channels.mail):
                        raise NotAllowed("this key was that of another search", where="Idempotency-Key", todo="choose another key")
                    return each
        channels = Channels(
            hook=hook,
            secret="whsec_" + b64encode(os.urandom(32)).decode("ascii") if hook else "",
            mail=mail,
            feed=secrets.token_urlsafe(24),
        )
        alert = Alert(f"w-{made}", owner, now_text(), False, wish.search, wish.purpose, channels)
        self.store.add(alert)
        return alert

    def match(self) -> int:
        """One round of matching."""
        return match_new(self.node, self.store, self.owners)

    def close(self) -> None:
        """Let go of everything but the node."""
        self.store.close()
        self.people.close()
        self.teller.access.close()


def opened(node: Posting) -> Alerting:
    """The alerts of a node."""
    home, clock = node.files, now_text
    api = home.path / "api"
    people = Store(home.path / FOLDER, key=people_key(home), clock=lambda: int(time.time()), random=os.urandom)
    owners = Owners(KeyStore(api / "keys.json", clock=clock, random=os.urandom), Register(people), node.config.authority, clock)
    teller = Teller(node, owners, AccessLog(api, clock=clock, random=os.urandom))
    return Alerting(node, AlertStore(home.alerts, key=alerts_key(home)), owners, teller, people)


@contextmanager
def alerting(node: Posting, *, each: float = _EACH) -> Iterator[Alerting]:
    """Match and ring while the block runs; leaving it waits for the round under way."""
    config = node.config
    hand = partial(hand_over, route=route_of(node.files, config)) if config.smtp and config.mail else None
    call = partial(ring, networks=allowed_networks(config.alert_networks))
    with ExitStack() as held:
        made = held.enter_context(closing(opened(node)))
        outbox = held.enter_context(closing(Outbox(node.files.alerts / "outbox.sqlite")))
        pool = ThreadPoolExecutor(_CALLS, "hook")
        held.callback(pool.shutdown, wait=True, cancel_futures=True)
        rounds = Rounds(made.store, made.teller, config, outbox, pool, call, hand)

        def make() -> float:
            begun = time.monotonic()
            with suppress(NotReady):  # no views yet
                made.match()
                took = time.monotonic() - begun
                rounds.round(datetime.now(UTC))
                return max(each, _SHARE * took)
            return each

        held.enter_context(beside("alerts", make, checks=node.beside, ends_within=_ENDS_WITHIN))
        yield made
