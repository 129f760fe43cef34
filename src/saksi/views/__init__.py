"""Views: what is known, folded from the ledger up to a size, to be thrown away and rebuilt at will.

`views` answers, `fact` is what it answers with, `fold` makes it from a ledger (`gather`, `parse`, `number`, `step`), `engine` asks all of
it at once, `probe` says in a microsecond whether a value may be known. Import from the modules: nothing is loaded that is not used.
"""

__all__: list[str] = []
