"""Observables: what an officer can look up, each in one normal form with one id everywhere.

One module a kind, and in it the function of the same name: `saksi.observables.phone.phone`, `account.account`,
`wallet.wallet`, `host.host`, `url.url`, `email.email`, `handle.handle`, `ip.ip`, `network.network`, `imei.imei`, `proxy.proxy`,
`qr.read_qr`, `date.date`. `detect.detect` finds out which kind a text is; `kinds.normaliser` and `kinds.observe_column` take the kind by
name. Import them from their modules: this package loads none of them by itself, because the phones' tables alone take longer than a whole
look-up.
"""

from saksi.observables.column import Column
from saksi.observables.observable import Normaliser, Observable

__all__ = ["Column", "Normaliser", "Observable"]
