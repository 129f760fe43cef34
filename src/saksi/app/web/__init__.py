"""The pages: rendered here, readable without script; every page has its data beside it (`.json`) and its state in its address."""

from saksi.app.web.serve import build_app, serve

__all__ = ["build_app", "serve"]
