"""Citations: an article of an instrument, its role, and how sure it is.

An instrument (law, regulation, order, plan) stands once, in ``rules/law``; whoever rests on it names it
and adds the article and the role.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import Code, Form, Identifier, Text, teach

Tag = Literal["found", "recalled", "not_confirmed", "not_law"]
Role = Literal["fact", "use"]
"""What a citation is the ground of: of the fact on record, or of its use in a scheme."""
Verified = Literal["read", "secondary", "recalled"]
"""How an instrument was looked at: its text was read, a report of it, or neither."""

EVERYBODY = "all"
"""The authority that stands for all of them."""

_NUMBER = "[〇零一二三四五六七八九十百]+"
_IN_ARTICLE = rf"(?:第{_NUMBER}款)?(?:第（{_NUMBER}）项)?"
_ARTICLE = rf"第{_NUMBER}条{_IN_ARTICLE}"
_ARTICLES = re.compile(rf"{_ARTICLE}(?:(?:、|至){_ARTICLE})*")
# a plan has no articles: its sections are numbered 二（三）14
_SECTION = re.compile(rf"{_NUMBER}（{_NUMBER}）\d*")


def is_article(text: str) -> bool:
    """Whether a text has the form of an article, of several, or of a numbered section of a plan."""
    return bool(_ARTICLES.fullmatch(text) or _SECTION.fullmatch(text))


class Pinpoint(Form):
    """Where in an instrument something stands: an article, or openly none that is known.

    Attributes:
        article: The article, paragraph and item.
        pinpoint: ``false`` where nobody has found the article; views then say that it is to be checked.
    """

    article: Annotated[str | None, Field(min_length=1)] = None
    pinpoint: Literal[False] | None = None

    @model_validator(mode="after")
    def _points_or_says_that_it_does_not(self) -> Pinpoint:
        if (self.article is None) == (self.pinpoint is None):
            raise teach("article_or_pinpoint")
        return self


class Legal(Pinpoint):
    """One article that a policy rests on, in force on the policy's ``valid_from``.

    A file names the ``instrument`` and what describes it is filled in from ``rules/law``. Only an
    instrument that is not there is written out in full.

    Attributes:
        instrument: Its id in ``rules/law``.
        role: What it is the ground of.
        tag: How sure the citation is: found in a source, recalled, not confirmed, or not law at all
            (a plan, a choice of this policy).
        permits: What the instrument gives ground for beyond scoring.
        empowers: The authorities that may act on it.
    """

    # What came later is left out where it is not given: rules that a store keeps retain their hash.
    id: Identifier
    instrument: Identifier | None = None
    role: Role | None = None
    document: str
    title: Text
    issued_on: date
    published_on: date | None = None
    effective_on: date | None = None
    repealed_on: date | None = None
    url: str | None = None
    tag: Tag
    permits: tuple[Literal["publication"], ...] = ()
    empowers: tuple[Identifier, ...] | None = None


class LegalInstrument(Form):
    """A law, regulation, order or plan; an entry of ``rules/law``.

    Attributes:
        document: Its number, or its name where it is cited by name.
        empowers: The authorities that may act on it (``rules/law/authorities.toml``).
        verified: How it was looked at.
        checked_on: The day on which somebody last looked whether it has changed.
        amendments: Changes that are known of and that nobody here has read.
    """

    id: Identifier
    document: str
    title: Text
    issued_on: date
    published_on: date | None = None
    effective_on: date | None = None
    repealed_on: date | None = None
    url: str | None = None
    empowers: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    tag: Tag
    permits: tuple[Literal["publication"], ...] = ()
    verified: Verified
    checked_on: date
    amendments: tuple[Text, ...] = ()


class EmpoweredBody(Form):
    """Whose records some are: of some fields of supervision, and of some kinds whatever their field."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    fields: tuple[Code, ...] = ()
    kinds: tuple[Code, ...] = ()
    attributes: tuple[Code, ...] = ()

    @property
    def words(self) -> dict[str, str]:
        """Its name by language."""
        return {"zh": self.zh, "en": self.en}
