"""Chinese or English: chosen by the link, else by the browser, else Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from markupsafe import Markup, escape
from werkzeug.datastructures import LanguageAccept

from scoring.explain.words.figures import MONTHS
from scoring.rules.wording import LANGUAGES, Lang, say

HTML_LANG: Mapping[Lang, str] = {"zh": "zh-Hans", "en": "en"}
_MONTHS = "|".join(MONTHS)
_DAY = re.compile(rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{4}} 年 \d+ 月 \d+ 日|\b\d+ (?:{_MONTHS}) \d{{4}}\b")
_CHINESE = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9〔〕（）《》、]*")
"""Chinese in an English sentence: a document number or a title, which screen readers must know to be Chinese."""


def chosen(wanted: str | None, accepted: LanguageAccept) -> Lang:
    """The language of an answer: as the link wants it, else what the browser prefers, else Chinese."""
    words = [wanted or "", *(tag.lower().split("-")[0] for tag in accepted.values())]
    known = [lang for word in words if (lang := _language(word))]
    return known[0] if known else "zh"


def _language(word: str) -> Lang | None:
    return next((lang for lang in LANGUAGES if lang == word), None)


def install(app: Flask) -> None:
    """Gives every template ``t(id)``, ``lang``, the filter ``here``, and links that keep the choice."""

    @app.before_request
    def choose() -> None:
        """Settles the language of the answer."""
        g.lang = chosen(request.args.get("lang"), request.accept_languages)

    @app.context_processor
    def words() -> dict[str, Any]:
        """What templates call."""
        lang: Lang = g.get("lang", "zh")
        return {
            "lang": lang,
            "html_lang": HTML_LANG[lang],
            "t": lambda text_id, **parameters: say(lang, text_id, **parameters),
            "link": link,
            "switch": _switch(lang),
        }

    @app.template_filter("here")
    def here(text: Mapping[str, str]) -> Markup:
        """A text in the page's language, with days kept on one line and Chinese in English marked as such."""
        lang = g.get("lang", "zh")
        # escaped first: what is marked up below is ours
        whole = _DAY.sub(r'<span class="nowrap">\g<0></span>', str(escape(text[lang])))
        if lang != "zh":
            whole = _CHINESE.sub(r'<span lang="zh-Hans">\g<0></span>', whole)
        return Markup(whole)  # noqa: S704


def link(endpoint: str, **values: object) -> str:
    """A link that keeps an explicit choice of language."""
    wanted = request.args.get("lang")
    choice = {"lang": wanted} if wanted in LANGUAGES else {}
    return url_for(endpoint, **values, **choice)  # type: ignore[arg-type]


def _switch(lang: Lang) -> str:
    """The same page in the other language, as a query alone, so that it can lead nowhere else."""
    others = {key: value for key, value in request.args.items() if key != "lang"}
    return "?" + urlencode({**others, "lang": "en" if lang == "zh" else "zh"})
