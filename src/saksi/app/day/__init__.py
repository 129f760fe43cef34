"""One invented day at a desk, played for the demonstration through the ways that its people have. All of it is synthetic."""

__all__: list[str] = []
