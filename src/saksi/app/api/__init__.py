"""The HTTP interface: look-ups, intake, lists, the ledger's tiles, oversight; every error in one shape.

Nothing is imported here: whoever needs only the shapes of `ports` must not wait for a web framework.
"""

__all__: list[str] = []
