"""Puts templates and words together, for strangers and for operators alike."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from saksi.app.api.desk import Call
from saksi.app.intake.attachment import MOST_FILE_BYTES, MOST_FILES
from saksi.app.intake.catalogue import LANGUAGES, words_of
from saksi.app.intake.form import MOST_PAYMENTS, MOST_PROFILES
from saksi.app.intake.reference import spoken
from saksi.app.intake.settings import PublicSettings
from saksi.app.intake.told import AGES, CONSENTS
from saksi.app.web.assets import Assets

__all__ = ["HTML", "OperatorPages", "environment", "public_style"]

HTML = "text/html; charset=utf-8"
_FORM: Mapping[str, object] = {
    "payments": range(1, MOST_PAYMENTS + 1),
    "profiles": range(1, MOST_PROFILES + 1),
    "ages": AGES[1:],
    "consents": CONSENTS,
    "most_files": MOST_FILES,
    "most_mb": MOST_FILE_BYTES >> 20,
}


def environment(settings: PublicSettings, assets: Assets) -> Environment:
    """The templates, bound to one node."""
    made = Environment(
        loader=PackageLoader("saksi.app.intake"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["spoken"] = spoken
    made.globals.update(styles=assets.styles, site=settings, languages=LANGUAGES, **_FORM)
    return made


def public_style() -> bytes:
    """The style sheet that these pages add."""
    return (files("saksi.app.intake") / "style" / "public.css").read_bytes()


class OperatorPages:
    """The operator's pages: in English, as the other pages of the authority's people."""

    def __init__(self, settings: PublicSettings, assets: Assets) -> None:
        self._env = environment(settings, assets)

    def page(self, template: str, call: Call, *, status: int = 200, **parts: object) -> Response:
        """A page that nobody keeps a copy of."""
        html = self._env.get_template(template).render({"t": words_of("en"), "lang": "en", "here": call.request.url.path, **parts})
        return Response(html, status, {"Cache-Control": "no-store"}, HTML)
