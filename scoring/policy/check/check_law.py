"""Checks of law: citations in order and in force, windows lawful, grounds and remedies given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Legal
from scoring.policy.law.retention import LawfulUse, longest_use
from scoring.policy.read.finding import Finding, TomlPath
from scoring.rules.wording import both

_DATES = ("issued_on", "published_on", "effective_on", "repealed_on")


def check_dates(subject: Subject) -> Iterator[Finding]:
    """Issued, published, effective, repealed: in this order, and in force on the first day."""
    for position, citation in enumerate(subject.policy.legal):
        toml_path: TomlPath = ("legal", position)
        yield from _dates_in_order(subject, toml_path, citation)
        yield from _in_force(subject, toml_path, citation)


def _dates_in_order(subject: Subject, toml_path: TomlPath, citation: Legal) -> Iterator[Finding]:
    dates = {key: getattr(citation, key) for key in _DATES}
    given_dates = [(key, day) for key, day in dates.items() if day is not None]
    for (earlier_key, earlier_day), (later_key, later_day) in pairwise(given_dates):
        if earlier_day > later_day:
            yield subject.finding(
                "legal_dates",
                (*toml_path, later_key),
                entry=citation.id,
                earlier_key=earlier_key,
                earlier=earlier_day,
                later_key=later_key,
                later=later_day,
            )


def _in_force(subject: Subject, toml_path: TomlPath, citation: Legal) -> Iterator[Finding]:
    day, begins = subject.policy.valid_from, _begins(citation)
    if begins > day:
        yield subject.finding(
            "law_not_in_force",
            toml_path,
            "law_not_in_force_yet",
            document=citation.document,
            begins=begins,
            day=day,
        )
    elif citation.repealed_on is not None and citation.repealed_on <= day:
        yield subject.finding(
            "law_not_in_force",
            toml_path,
            "law_not_in_force_repealed",
            document=citation.document,
            repealed=citation.repealed_on,
            day=day,
        )


def _begins(citation: Legal) -> date:
    return citation.effective_on or citation.published_on or citation.issued_on


def check_windows(subject: Subject) -> Iterator[Finding]:
    """A window is never longer than the longest lawful use period of what it selects.

    What adds no points may look back further.
    """
    if subject.law is None:
        return
    for toml_path, indicator in subject.indicators():
        longest = longest_use(indicator.select, subject.policy.valid_from, subject.law.instruments)
        if indicator.direction != "adverse" or longest is None:
            continue
        if indicator.window_days > longest.days:
            yield subject.finding(
                "window_too_long",
                (*toml_path, "window_days"),
                indicator=indicator.id,
                window=indicator.window_days,
                days=longest.days,
                months=longest.rule.months,
                source=_source(longest),
            )


def _source(use: LawfulUse) -> dict[str, str]:
    legal = use.instrument.legal
    article = use.rule.article or both("article_to_check")["zh"]
    # an English reader finds the title; articles are numbered in Chinese
    return {"zh": f"{legal.document}{article}", "en": f"{legal.document}, {legal.title.en}"}


def check_grounds(subject: Subject) -> Iterator[Finding]:
    """What gives points, gates or caps cites an article; what takes points says how to mend it."""
    example = subject.policy.legal[0].id
    for toml_path, name, cited in _needing_ground(subject):
        if not cited:
            yield subject.finding("no_ground", toml_path, name=name, entry=example)
    for toml_path, indicator in subject.indicators():
        if indicator.direction == "adverse" and indicator.remedy is None:
            yield subject.finding("no_remedy", toml_path, severity="warning", indicator=indicator.id)
    law_ids = {citation.id for citation in subject.policy.legal if citation.tag != "not_law"}
    for position, veto in enumerate(subject.policy.vetoes):
        # outside the points, only law may fix a band
        if not law_ids.intersection(veto.legal):
            yield subject.finding("veto_without_law", ("vetoes", position), veto=veto.id)


def _needing_ground(subject: Subject) -> Iterator[tuple[TomlPath, str, tuple[str, ...]]]:
    """Path, id and citations of everything that decides."""
    for toml_path, indicator in subject.indicators():
        if indicator.direction == "adverse" or any([indicator.unknown, *indicator.points_by_value]):
            yield toml_path, indicator.id, indicator.legal
    for toml_path, rule in subject.rules():
        yield toml_path, rule.id, rule.legal


def check_publication(subject: Subject) -> Iterator[Finding]:
    """Who sees more than the colour sees the colour.

    The public sees it only where an entry permits publication, and never records.
    """
    for name, granted in subject.policy.audiences.items():
        if not granted.colour and (granted.points or granted.reasons or granted.records or granted.grounds):
            yield subject.finding("colour_given_away", ("audiences", name), audience=name)
    public = subject.policy.audiences.get("public")
    if public is None:
        return
    permitted = any("publication" in citation.permits for citation in subject.policy.legal)
    if (public.colour or public.points or public.reasons) and not permitted:
        yield subject.finding("publication_without_ground", ("audiences", "public"))
    # a record is published by who owns it, for as long as the law of its owner says
    if public.records:
        yield subject.finding("records_published", ("audiences", "public"))
