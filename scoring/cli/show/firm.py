"""What the enterprise needs beside its reasons: whom to ask, remedies, and records that were not used."""

from __future__ import annotations

from datetime import date

from rich.console import RenderableType

from scoring.cli.show.record_line import evidence_line
from scoring.cli.show.run import bullet, cited, heading, indented
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Evidence, Explanation, Lang
from scoring.explain.outlook import sentences
from scoring.explain.words import contacts
from scoring.explain.words.exclusion import article_of, not_held
from scoring.explain.words.figures import decimal, prose_day
from scoring.explain.words.grades import full_name
from scoring.explain.words.remedies import remedies
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

FRESH_DAYS = 7
"""For so many days a result is taken as the present one without a word."""


def stale(explained: Explanation, today: date, lang: Lang) -> list[RenderableType]:
    """That a result is older than a week."""
    as_of = explained.score.as_of
    days = (today - as_of).days
    return [Prose(say(lang, "stale", day=prose_day(as_of), n=days), "bold")] if days > FRESH_DAYS else []


def ask(explained: Explanation, lang: Lang) -> list[RenderableType]:
    """The authorities of the records and the publisher, each with desk, telephone, address and hours."""
    asked_for = contacts.whom_to_ask(explained)
    return [heading(say(lang, "ask_head")), *(bullet(contacts.line(contact)[lang]) for contact in asked_for)]


def by_field(explained: Explanation, policy: Policy, lang: Lang) -> list[RenderableType]:
    """What it has in each field in which it is active, and what that means there; nothing without fields."""
    if not explained.fields:
        return []
    table = Sheet(say(lang, "field_column"))
    table.add_numbers(say(lang, "t_points"))
    table.add_column(say(lang, "colours_grade"))
    table.add_column(say(lang, "field_check"))
    for given in explained.fields:
        points = decimal(given.points, policy.scale.per_point)
        table.add_row(given.label[lang], points, full_name(given.band)[lang], given.check[lang])
    return [heading(say(lang, "fields_head")), table, Prose(say(lang, "fields_note"), "dim")]


def remedies_of(explained: Explanation, today: date, lang: Lang) -> list[RenderableType]:
    """What the law offers against each record, records with the same remedies together."""
    records = [cited_record.record for cited_record in sentences.first_cited(explained).values()]
    records += [record for record, _ in explained.excluded]
    groups: dict[tuple[str, ...], list[Evidence]] = {}
    for record in records:
        if offered := tuple(text[lang] for text in remedies(record, today)):
            groups.setdefault(offered, []).append(record)
    sections: list[RenderableType] = [heading(say(lang, "remedies_head"))] if groups else []
    for offered, same in groups.items():
        sections.append(bullet("\n".join(dict.fromkeys(sentences.name(record)[lang] for record in same))))
        sections += indented(offered, 4)
    return [*sections, *([Prose(say(lang, "colour_unsettled"))] if groups else [])]


def joined(explained: Explanation, lang: Lang) -> list[RenderableType]:
    """How its records stand to each other."""
    sentences_of_it = [bullet(sentence[lang]) for sentence in explained.joined]
    return [heading(say(lang, "joined_head")), *sentences_of_it] if sentences_of_it else []


def not_used(explained: Explanation, version: ResolvedPolicy, lang: Lang) -> list[RenderableType]:
    """Records that were seen and not held against it, each with its rule and article."""
    if not explained.excluded:
        return []
    sections: list[RenderableType] = [heading(say(lang, "held_head", n=len(explained.excluded)))]
    for record, code in explained.excluded:
        article = article_of(record, code, version, explained.score.as_of)
        grounds = cited([article], lang) if article else [say(lang, "held_no_article")]
        sections.append(bullet(evidence_line(record, lang)))
        sections += indented([not_held(code, version)[lang], *grounds], 4)
    return sections
