"""The only room that wires: the node, its configuration, the command line, the API and the pages."""

__all__: list[str] = []
