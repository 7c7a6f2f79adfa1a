"""One enterprise on the terminal: its grade, and every point with its records and articles."""

from __future__ import annotations

from datetime import date

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from scoring.cli.show import firm, outlook, proposal
from scoring.cli.show.record_line import evidence_line
from scoring.cli.show.run import STYLES, cited, heading, indented, noticed
from scoring.cli.show.terminal import Prose, Sheet
from scoring.engine.results import SCALE_LIMIT
from scoring.entities import Evidence, Explanation, Lang, Reason, Rule
from scoring.explain.outlook import sentences
from scoring.explain.words.effect import decided, effect
from scoring.explain.words.figures import decimal, signed, value
from scoring.explain.words.grades import full_name, outside_words
from scoring.explain.words.grounds import points_notice
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

MOST_RECORDS = 5
"""Records that are shown under one reason; the JSON form has all."""


def explanation(
    explained: Explanation,
    version: ResolvedPolicy,
    lang: Lang,
    *,
    officer: bool,
    today: date | None = None,
) -> Group:
    """A person's explanation: grade, points, records and articles, what is to come and what helps.

    While another result is proposed, its notice follows the grade, and all else is of the proposed one.
    Of who is outside the scheme there is one sentence to say.

    Args:
        explained: The explanation.
        version: The policy of what is told: of the proposed result where there is one.
        lang: Language.
        officer: Whether notes are told.
        today: The day on which it is read; that of the result where nobody says.
    """
    policy, notes = version.policy, noticed(version, lang, fictitious=explained.fictitious)
    today = today or explained.score.as_of
    sections: list[RenderableType] = [Panel(_head(explained, policy, lang), expand=False)]
    sections += firm.stale(explained, today, lang)
    if outside := outside_words(explained):
        return Group(*sections, Prose(outside[lang]), Text(), notes)
    in_effect = explained
    if explained.proposal and explained.proposed:
        sections.append(proposal.notice(explained.proposal, lang))
        explained = explained.proposed
        sections.append(heading(say(lang, "t_as_proposed", grade=headline(explained, lang))))
    elif explained.pending:
        sections.append(Prose(explained.pending[lang], "bold"))
    for rule in explained.rules:
        line = say(lang, "rule_line", effect=effect(rule, explained)[lang], label=rule.label[lang])
        sections.append(Prose(line, "bold"))
        sections += indented(_grounds(rule, explained, policy, lang), 4)
    if explained.score.points is not None:
        sections.append(_points(explained, policy, lang, officer=officer))
        sections.append(Prose(points_notice(version)[lang], "italic"))
    sections += outlook.path(explained, policy, lang, today)
    sections += firm.ask(explained, lang)
    sections += outlook.early_ends(explained, lang)
    sections += outlook.to_come(explained, policy, lang, today)
    sections.append(Prose(f"\n{explained.next_check[lang]}"))
    sections += firm.by_field(in_effect, policy, lang)
    sections += firm.remedies_of(explained, today, lang)
    sections += firm.joined(explained, lang)
    sections += firm.not_used(explained, version, lang)
    return Group(*sections, Text(), notes)


def _head(explained: Explanation, policy: Policy, lang: Lang) -> Text:
    score = explained.score
    style = STYLES.get(str(score.colour), "bold reverse")
    head = Prose.from_parts((f" {headline(explained, lang)} ", style), f"  {score.name or ''}\n")
    head.append(f"{score.enterprise_id}  {say(lang, 'as_of', day=score.as_of)}", "dim")
    if score.points is not None:
        points, high = (
            decimal(number, policy.scale.per_point) for number in (score.points, policy.scale.high)
        )
        head.append("\n" + say(lang, "points_of", points=points, high=high))
    return head


def _grounds(rule: Rule, explained: Explanation, policy: Policy, lang: Lang) -> list[str]:
    """Whether a rule decided anything, its records, and its articles."""
    ground_lines = [] if decided(rule, explained) else [say(lang, "rule_idle")]
    for record in rule.evidence:
        ground_lines.append(evidence_line(record, lang))
        if sentence := _alone(record, rule, explained, policy, lang):
            ground_lines.append(f"  {sentence}")
    return [*ground_lines, *cited(rule.legal, lang)]


def _points(explained: Explanation, policy: Policy, lang: Lang, *, officer: bool) -> Sheet:
    """The base and the points of every reason, which add up to the total."""
    unit = policy.scale.per_point
    table = Sheet(say(lang, "t_why"))
    table.add_column(say(lang, "t_value"), justify="right", max_width=18)
    table.add_numbers(say(lang, "t_points"))
    table.add_row(say(lang, "base"), "", decimal(explained.base, unit))
    for reason in explained.reasons:
        known = None if reason.unknown else reason.value
        value_words = value(policy.indicator(reason.indicator_id), known)[lang]
        why = _why(reason, explained, policy, lang, officer=officer)
        table.add_row(why, value_words, signed(reason.points, unit))
    # What the scale cuts off is a line of its own: without it the points would not add up to the total.
    for contribution in explained.contributions:
        if contribution.indicator_id == SCALE_LIMIT:
            table.add_row(say(lang, "scale_limit"), "", signed(contribution.points, unit))
    table.add_section()
    total = decimal(explained.score.points or 0, unit)
    table.add_row(Prose(say(lang, "total"), "bold"), "", Prose(total, "bold"))
    return table


def _why(
    reason: Reason,
    explained: Explanation,
    policy: Policy,
    lang: Lang,
    *,
    officer: bool,
) -> Group:
    """A reason with its records, what would be without each, and its articles."""
    sections: list[RenderableType] = [Prose(reason.label[lang], "bold")]
    visible = reason.evidence[:MOST_RECORDS]
    alone = [_alone(record, reason, explained, policy, lang) for record in visible]
    # Where no record alone changes anything, one sentence says so for all of them.
    idle = len(visible) > 1 and set(alone) == {say(lang, "without_same")}
    for record, sentence in zip(visible, alone, strict=True):
        sections += indented([evidence_line(record, lang)], 2, "")
        sections += indented([sentence], 4, "") if sentence and not idle else []
        if officer and record.officer_note:
            sections += indented([record.officer_note], 4, "italic")
    if len(reason.evidence) > MOST_RECORDS:
        sections += indented([say(lang, "and_more", n=len(reason.evidence) - MOST_RECORDS)], 2, "")
    sections += indented([say(lang, "without_any")] if idle else [], 2, "")
    return Group(*sections, *indented(cited(reason.legal, lang), 2))


def _alone(
    record: Evidence, part: Reason | Rule, explained: Explanation, policy: Policy, lang: Lang
) -> str | None:
    """What would be without a record, said once: where the record is shown in full."""
    if sentences.first_cited(explained)[record.record_id][1] is not part:
        return None
    sentence = sentences.without(record, explained, policy)
    return sentence[lang] if sentence else None


def headline(explained: Explanation, lang: Lang) -> str:
    """Grade with rank, or *not rated*."""
    return full_name(explained.band)[lang] if explained.band else say(lang, "not_rated")
