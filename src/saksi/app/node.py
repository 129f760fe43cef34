"""A node: one authority's ledger, views and settings, and everything that can be asked of them."""

from __future__ import annotations

from saksi.app.posting.posting import Posting

__all__ = ["Node"]


class Node(Posting):
    """What the command line, the API and the pages talk to. Each step of its line is one file:

    `wired` (what is open), `answering` (look-ups), `listing` (search, block lists), `recording` (state, checks), `amending` (changes of
    mind, erasure, outcomes), `withdrawing` (the same as callers ask for it), `taking` (files in), `acting` (requests),
    `queueing` (reports that wait), `casing` (cases), `posting` (mail).
    """
