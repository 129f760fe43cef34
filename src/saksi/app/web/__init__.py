"""The pages: rendered here, readable without script; every page has its data beside it (`.json`) and its state in its address."""

__all__: list[str] = []
