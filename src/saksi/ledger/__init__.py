"""The ledger: an append-only log that anyone can verify, and the vault beside it that can be erased.

The log (`log`, `group`, `recovery`, `fsck`) speaks the C2SP transparency-log formats (`note`, `checkpoint`, `tiles`,
`tlogproof`, `policy`); `reader` and `verify` check any such log with a key alone. `ledger` joins log and vault.
Import from the modules: nothing is loaded that is not used.
"""

__all__: list[str] = []
