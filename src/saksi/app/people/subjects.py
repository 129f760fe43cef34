"""Who the identity provider says somebody is: issuer and subject, bound to a person by an administrator, never by e-mail or name."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.app.people.store import Store
from saksi.model import BadInput

__all__ = ["Subject", "Subjects"]

_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of an issuer; `person` is the pseudonym it is bound to, `seen` when it last came (seconds since 1970 UTC)."""

    issuer: str
    sub: str
    person: str | None
    seen: int


class Subjects:
    """All subjects that ever came."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def met(self, issuer: str, sub: str) -> str | None:
        """Note that a subject came; the person it is bound to, or None: then it has no rights, and waits for an administrator."""
        with self._store.rows() as rows:
            rows.execute(
                "INSERT INTO subject VALUES (?, ?, NULL, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen",
                (issuer, sub, self._store.clock()),
            )
            rows.execute(
                "DELETE FROM subject WHERE person IS NULL AND rowid NOT IN "
                "(SELECT rowid FROM subject WHERE person IS NULL ORDER BY seen DESC LIMIT ?)",
                (_MOST_WAITING,),
            )
            found = rows.execute("SELECT person FROM subject WHERE issuer = ? AND sub = ?", (issuer, sub)).fetchone()
        return None if found is None or found[0] is None else str(found[0])

    def listed(self) -> tuple[Subject, ...]:
        """All subjects: those that wait first, the newest before the older."""
        with self._store.rows() as rows:
            found = rows.execute("SELECT issuer, sub, person, seen FROM subject ORDER BY person IS NOT NULL, seen DESC, sub").fetchall()
        return tuple(Subject(*row) for row in found)

    def bind(self, issuer: str, sub: str, *, person: str | None, by: str) -> None:
        """Bind a subject that came to a person, or (None) to nobody. Ends the sessions of whoever it was bound to."""
        with self._store.change(by, "bind" if person else "unbind", person or "nobody", issuer=issuer, sub=sub) as rows:
            row = rows.execute("SELECT person FROM subject WHERE issuer = ? AND sub = ?", (issuer, sub)).fetchone()
            if row is None:
                raise BadInput("this subject has not come yet", where="sub", todo="let the person sign in once, then bind")
            rows.execute("DELETE FROM session WHERE person = ? AND way = 'provider'", (row[0],))
            rows.execute("UPDATE subject SET person = ? WHERE issuer = ? AND sub = ?", (person, issuer, sub))
