"""How a citation is told: its article or that it is to be checked, its role, its place on the web."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.entities import Citation
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both

Words = Mapping[str, str]
"""A piece of a sentence by language."""


def article_words(article: str | None, tag: str) -> Words:
    """The article, or that it is to be checked; what is no law has none to be checked."""
    if article is None and tag != "not_law":
        return both("article_to_check")
    return dict.fromkeys(LANGUAGES, article or "")


def cited_words(citation: Citation) -> Words:
    """A citation in a line: document, article, and what it is the ground of."""
    article = article_words(citation.article, citation.tag)
    whole: Words = {lang: f"{citation.document} {article[lang]}".rstrip() for lang in LANGUAGES}
    return both("cited_as", cited=whole, role=role_words(citation.role)) if citation.role else whole


def role_words(role: str | None) -> Words:
    """What a citation is the ground of; rules from before roles were told have none."""
    return both(f"ground_{role}") if role else both("ground")


def points_notice(version: ResolvedPolicy) -> Words:
    """Whose choice the points are: this policy's own, or those of a scheme that it puts into its words."""
    origin = version.policy.origin
    scheme = version.policy.cited((origin,))[0] if origin else None
    if scheme is None or scheme.tag == "not_law":
        return both("points_own")
    return both("points_of_scheme", scheme=scheme.title.words)
