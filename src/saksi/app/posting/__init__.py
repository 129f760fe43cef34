"""Requests on their way out by mail, answers and appeals that come in: what runs beside the pages, and what waits for an officer."""

__all__: list[str] = []
