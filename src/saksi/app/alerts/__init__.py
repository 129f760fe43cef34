"""Saved searches, matched as statements arrive: what is new is told to whoever asked for it, as far as they may see it then."""

__all__: list[str] = []
