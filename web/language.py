"""Chinese or English: chosen by the link, else by the browser, else Chinese; sentences by text id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from markupsafe import Markup, escape
from werkzeug.datastructures import LanguageAccept

from scoring.rules.wording import LANGUAGES, Lang, say

HTML_LANG: Mapping[Lang, str] = {"zh": "zh-Hans", "en": "en"}


_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_CHINESE = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9〔〕（）《》、]*")
"""Chinese inside an English sentence: a document number or a title, which screen readers must know to be Chinese."""


def chosen(asked: str | None, accepted: LanguageAccept) -> Lang:
    """The language of an answer: as asked, else what the browser prefers, else Chinese."""
    wanted = [asked or "", *(tag.lower().split("-")[0] for tag in accepted.values())]
    return next((lang for word in wanted for lang in LANGUAGES if lang == word), "zh")


def install(app: Flask) -> None:
    """Gives every template ``t(id)``, ``lang``, ``here`` (a text in the page's language) and links that keep the choice."""

    @app.before_request
    def choose() -> None:
        g.lang = chosen(request.args.get("lang"), request.accept_languages)

    @app.context_processor
    def words() -> dict[str, Any]:
        lang: Lang = g.get("lang", "zh")
        return {
            "lang": lang,
            "html_lang": HTML_LANG[lang],
            "t": lambda text_id, **parameters: say(lang, text_id, **parameters),
            "link": _link,
            "switch": _switch(lang),
        }

    @app.template_filter("here")
    def here(text: Mapping[str, str]) -> Markup:
        lang = g.get("lang", "zh")
        whole = _DAY.sub(r'<span class="nowrap">\g<0></span>', str(escape(text[lang])))
        return Markup(whole if lang == "zh" else _CHINESE.sub(r'<span lang="zh-Hans">\g<0></span>', whole))  # noqa: S704 — escaped above


def _link(endpoint: str, **values: object) -> str:
    """A link that keeps an explicit choice of language."""
    asked = request.args.get("lang")
    return url_for(endpoint, **values, **({"lang": asked} if asked in LANGUAGES else {}))  # type: ignore[arg-type]


def _switch(lang: Lang) -> str:
    """The same page in the other language, as a query alone, so that it can lead nowhere else."""
    others = {key: value for key, value in request.args.items() if key != "lang"}
    return "?" + urlencode({**others, "lang": "en" if lang == "zh" else "zh"})
