"""Screening: is a value known, who says so, and what may be blocked. Import from the modules: this package loads none by itself."""

__all__: list[str] = []
