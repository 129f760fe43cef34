"""The desk for people: what waits, the cases, and how the node is; each page with its data, each act by a plain form."""

__all__: list[str] = []
