"""People and rights of one authority's node: who they are, how they sign in, what they may do. The ledger knows them by pseudonym only."""

__all__: list[str] = []
