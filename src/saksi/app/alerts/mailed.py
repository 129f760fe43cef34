"""The mail of an alert: that there is something new, and where to look. It says neither what, nor about whom: mail lies about."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from saksi.app.config import Config
from saksi.exchange.message import Mail
from saksi.exchange.reference import mail_address
from saksi.model import BadInput

__all__ = ["check_mail", "mail_of"]

_BODY = """\
One of your saved searches ({alert}) has found something new.

What it is stands on the node, for you, after you sign in:

  {where}

This mail says no more on purpose. At most one an hour comes for each search; pause or delete it there.
"""


def check_mail(text: str, config: Config) -> str:
    """An address that alerts may be mailed to: in one of the domains the settings name. Raises BadInput."""
    address = mail_address(text.strip(), "mail")
    domains = {each.lower() for each in config.alert_mail.replace(",", " ").split()}
    if not domains or not config.smtp or not config.mail:
        raise BadInput("this node mails no alerts", where="mail", todo="set `smtp`, `mail` and `alert_mail`, the domains of its people")
    if address.rpartition("@")[2] not in domains:
        raise BadInput(f"alerts are mailed to {', '.join(sorted(domains))} alone", where="mail")
    return address


def mail_of(alert: str, recipient: str, config: Config, *, told: int, now: datetime) -> Mail:
    """The mail about what was found behind number `told`: made again, it has the same Message-ID."""
    domain = config.mail.rpartition("@")[2]
    id_ = f"<{sha256(f'saksi alert {config.origin} {alert} {told}'.encode()).hexdigest()[:32]}.{told}@{domain}>"
    name = next(iter(config.names.replace(",", " ").split()), "")
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = config.mail, recipient, "A saved search has found something new"
    made["Date"], made["Message-ID"] = format_datetime(now), id_
    made["Auto-Submitted"], made["X-Auto-Response-Suppress"] = "auto-generated", "All"
    made.set_content(_BODY.format(alert=alert, where=f"https://{name}/alerts/{alert}" if name else f"/alerts/{alert}"))
    return Mail(id_, alert, config.mail, recipient, made.as_bytes())
