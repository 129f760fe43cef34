"""The intake of victim reports: what people tell this authority, by a public form, an operator or a partner, and what they may ask back."""

__all__: list[str] = []
