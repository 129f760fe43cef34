"""Requests to act, for people who signed in: the pages, the API for programs in their hands, and the record of how requests were met."""

__all__: list[str] = []
