"""One enterprise on the terminal: the grade, every point with its records and articles, what is to come and what helps."""

from __future__ import annotations

from datetime import date

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scoring.cli.show import outlook
from scoring.cli.show.run import STYLES, cited, demonstration, grade, heading, indented
from scoring.engine.results import SCALE_LIMIT
from scoring.entities import Evidence, Explanation, Lang, Reason, Rule, code_label
from scoring.explain.outlook import sentences
from scoring.explain.present import withheld
from scoring.explain.words.effect import decided, effect
from scoring.explain.words.exclusion import why_excluded
from scoring.explain.words.figures import decimal, money, signed, value
from scoring.policy.language.schema import Policy
from scoring.policy.load import ResolvedPolicy
from scoring.rules.wording import say

MOST_RECORDS = 5


def explanation(whole: Explanation, version: ResolvedPolicy, lang: Lang, *, officer: bool) -> Group:
    """A person's explanation: the grade, every point with its records and articles, what is to come, what helps."""
    e = withheld(whole, officer=officer)
    parts: list[RenderableType] = [Panel(_head(e, version.policy, lang), expand=False)]
    if e.pending:
        parts.append(Text(e.pending[lang], "bold"))
    for rule in e.rules:
        parts.append(
            Text(say(lang, "rule_line", effect=effect(rule, e)[lang], label=rule.label[lang]), "bold")
        )
        parts += indented(_grounds(rule, e, version.policy, lang), 4)
    if e.score.points is not None:
        parts.append(_points(e, version.policy, lang, officer=officer))
    parts += [
        *outlook.early_ends(e, version.policy, lang),
        *outlook.to_come(e, version.policy, lang),
        *outlook.path(e, version.policy, lang),
    ]
    parts.append(Text("\n" + e.next_check[lang]))
    if officer and e.excluded:
        parts.append(heading(say(lang, "t_not_counted")))
        parts += indented(
            (
                f"{evidence_line(v, lang)} — {why_excluded(code, version.policy)[lang]}"
                for v, code in e.excluded
            ),
            4,
        )
    return Group(*parts, Text(), demonstration(version, lang))


def _head(e: Explanation, policy: Policy, lang: Lang) -> Text:
    score = e.score
    head = Text.assemble(
        (f" {headline(e, lang)} ", STYLES.get(str(score.colour), "bold reverse")), f"  {score.name or ''}\n"
    )
    head.append(f"{score.enterprise_id}  {say(lang, 'as_of', day=score.as_of)}", "dim")
    if score.points is not None:
        unit, high = policy.scale.per_point, policy.scale.high
        head.append(
            "\n" + say(lang, "points_of", points=decimal(score.points, unit), high=decimal(high, unit))
        )
    return head


def _grounds(rule: Rule, e: Explanation, policy: Policy, lang: Lang) -> list[str]:
    lines = [] if decided(rule, e) else [say(lang, "rule_idle")]
    for item in rule.evidence:
        told = _alone(item, rule, e, policy, lang)
        lines += [evidence_line(item, lang), *([f"  {told}"] if told else [])]
    return [*lines, *cited(rule.legal, lang)]


def _points(e: Explanation, policy: Policy, lang: Lang, *, officer: bool) -> Table:
    unit = policy.scale.per_point
    table = Table(show_lines=False)
    table.add_column(say(lang, "t_why"), overflow="fold")
    table.add_column(say(lang, "t_value"), justify="right", overflow="fold", max_width=18)
    table.add_column(say(lang, "t_points"), justify="right", no_wrap=True)
    table.add_row(say(lang, "base"), "", decimal(e.base, unit))
    for reason in e.reasons:
        shown = value(policy.indicator(reason.indicator_id), None if reason.unknown else reason.value)[lang]
        table.add_row(
            _why(reason, e, policy, lang, officer=officer), Text(shown), signed(reason.points, unit)
        )
    for c in e.contributions:
        if c.indicator_id == SCALE_LIMIT:
            table.add_row(say(lang, "scale_limit"), "", signed(c.points, unit))
    table.add_section()
    table.add_row(Text(say(lang, "total"), "bold"), "", Text(decimal(e.score.points or 0, unit), "bold"))
    return table


def _why(reason: Reason, e: Explanation, policy: Policy, lang: Lang, *, officer: bool) -> Group:
    parts: list[RenderableType] = [Text(reason.label[lang], "bold")]
    shown = reason.evidence[:MOST_RECORDS]
    alone = [_alone(item, reason, e, policy, lang) for item in shown]
    idle = len(shown) > 1 and set(alone) == {say(lang, "without_same")}
    for item, told in zip(shown, alone, strict=True):
        parts += indented([evidence_line(item, lang)], 2, "")
        parts += indented([told], 4, "") if told and not idle else []
        parts += indented([item.officer_note], 4, "italic") if officer and item.officer_note else []
    if len(reason.evidence) > MOST_RECORDS:
        parts += indented([say(lang, "and_more", n=len(reason.evidence) - MOST_RECORDS)], 2, "")
    parts += indented([say(lang, "without_any")] if idle else [], 2, "")
    return Group(*parts, *indented(cited(reason.legal, lang), 2))


def _alone(item: Evidence, part: Reason | Rule, e: Explanation, policy: Policy, lang: Lang) -> str | None:
    """What would be without a record, where it is told in full."""
    told = sentences.without(item, e, policy) if sentences.first_cited(e)[item.record_id][1] is part else None
    return told[lang] if told else None


def evidence_line(v: Evidence, lang: Lang) -> str:
    """One record in a line: kind, what it said, number, authority, day, until when it counts."""
    said = [code_label("results", v.result, lang)] if v.result else []
    said += [code_label("severities", v.severity, lang)] if v.severity else []
    detail = f"（{'，'.join(said)}）" if lang == "zh" else f" ({', '.join(said)})"
    parts = [code_label("kinds", v.kind, lang) + (detail if said else "")]
    parts += [part for part in (v.document_no, v.authority, _day(v.decided_on or v.occurred_on)) if part]
    amount = money(v.amount_fen)
    parts += [amount[lang]] if amount else []
    if v.counts_until:
        parts.append(say(lang, "counts_until", day=v.counts_until))
    return " · ".join(parts)


def headline(e: Explanation, lang: Lang) -> str:
    """Grade with rank, or *not rated*."""
    if e.band is None:
        return say(lang, "not_rated")
    return grade(lang, e.band.colour, e.band.rank, e.band.of, e.band.label[lang])


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
