"""Saksi: sourced statements in a witnessed ledger, for authorities acting against cross-border online scams."""

__all__ = ["__version__"]

__version__ = "0.1.0"
