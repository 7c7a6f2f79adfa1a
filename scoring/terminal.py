"""Tables and sentences for the terminal: built here, printed by ``cli`` alone.

Names, ids and codes come from data: they are ``Text``, so that brackets stay brackets, and fold where they are too long,
so that no character is lost on a terminal of 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scoring.engine.results import SCALE_LIMIT
from scoring.entities import Citation, Evidence, Explanation, Lang, Reason, Rule, code_label
from scoring.explain.effect import decided, effect
from scoring.explain.exclusion import why_excluded
from scoring.explain.figures import decimal, money, percent, permille, signed, value
from scoring.explain.wording import say
from scoring.policy.load import PolicyVersion
from scoring.policy.schema import Policy
from scoring.records.accounting import reasons

STYLES = {"blue": "bold white on blue", "green": "bold white on green4", "yellow": "bold black on yellow", "red": "bold white on red3"}
BAR = 20


def colour_table(run: Mapping[str, Any], version: PolicyVersion, lang: Lang) -> Group:
    """Colours with counts, shares and bars: shares among the rated, then the not rated by reason."""
    policy = version.policy
    rated = sum(run["bands"].values())
    table = Table(title=say(lang, "t_colours", policy=policy.title.model_dump()[lang], as_of=run["as_of"]), title_justify="left")
    table.add_column(say(lang, "t_grade"), overflow="fold")
    table.add_column(say(lang, "t_count"), justify="right")
    table.add_column(say(lang, "t_share"), justify="right")
    table.add_column("", no_wrap=True, min_width=BAR)
    for rank, band in enumerate(policy.bands, start=1):
        n = run["bands"].get(band.id, 0)
        word = Text(grade(lang, band.colour, rank, len(policy.bands), band.label.model_dump()[lang]), STYLES.get(str(band.colour), "bold"))
        table.add_row(word, f"{n:,}", percent(n, rated), "█" * round(permille(n, rated) * BAR / 1000))
    table.add_section()
    for gate, n in run["not_rated"].items():
        table.add_row(Text(f"{say(lang, 'not_rated')} · {gate_label(version, gate, lang)}", "dim"), f"{n:,}", "", "")
    return Group(table, demonstration(version, lang))


def source_table(run: Mapping[str, Any], lang: Lang) -> Group:
    """What came in, per source: in = accepted + rejected + merged + out of scope; below it why rows were rejected."""
    table = Table(title=say(lang, "t_sources"), title_justify="left")
    table.add_column(say(lang, "t_source"), overflow="fold")
    for text_id in ("t_in", "t_accepted", "t_rejected", "t_merged", "t_out"):
        table.add_column(say(lang, text_id), justify="right", no_wrap=True)
    notes: list[RenderableType] = []
    for name, counts in run["sources"].items():
        numbers = [counts[key] for key in ("rows_in", "accepted", "rejected", "merged", "out_of_scope")]
        table.add_row(Text(name), *(f"{n:,}" for n in numbers))
        remarks = list(_remarks(counts, lang))
        notes += [Text(name), *_indented(remarks, 2)] if remarks else []
    return Group(table, *notes)


def _remarks(counts: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    why = reasons()
    yield from (f"{say(lang, 't_rejected')} {n:,} · {why['rejected'][code][lang]} [{code}]" for code, n in counts["rejected_by"].items())
    yield from (f"{say(lang, 't_warning')} {n:,} · {why['warnings'][code][lang]} [{code}]" for code, n in counts["warnings"].items())
    if counts["assumed"]:
        yield say(lang, "t_assumed", columns=", ".join(counts["assumed"]))


def _indented(lines: Iterable[str], by: int) -> list[RenderableType]:
    return [Padding(Text(line, "dim", overflow="fold"), (0, 0, 0, by)) for line in lines]


def facts_table(run: Mapping[str, Any], version: PolicyVersion, lang: Lang) -> Group:
    """Records that did not count that day by rule, and the seconds of each stage."""
    excluded = ", ".join(f"{why_excluded(code, version.policy)[lang]} {n:,}" for code, n in run["excluded"].items() if n)
    seconds = ", ".join(f"{say(lang, 's_' + stage)} {s:.1f}" for stage, s in run["seconds"].items())
    lines = ((say(lang, "t_excluded"), excluded or "0"), (say(lang, "t_seconds"), seconds))
    return Group(*(Text.assemble((f"{name}  ", "bold"), text, overflow="fold") for name, text in lines))


def policy_table(versions: Iterable[PolicyVersion], lang: Lang) -> Table:
    """The policies that are shipped; ``policy show`` gives the hash of one."""
    table = Table()
    for text_id in ("t_id", "t_version", "t_status"):
        table.add_column(say(lang, text_id), no_wrap=True)
    table.add_column(say(lang, "t_indicators"), justify="right", no_wrap=True)
    table.add_column(say(lang, "t_title"), overflow="fold")
    for v in versions:
        status, title = say(lang, "p_" + v.status.replace(" ", "_")), v.policy.title.model_dump()[lang]
        table.add_row(Text(v.policy.id), v.policy.version, status, str(len(v.policy.indicators)), Text(title))
    return table


def explanation(e: Explanation, version: PolicyVersion, lang: Lang, *, officer: bool) -> Group:
    """A person's explanation: the grade, every point with its records and articles, what helps, until when."""
    score = e.score
    head = Text.assemble((f" {headline(e, lang)} ", STYLES.get(str(score.colour), "bold reverse")), f"  {score.name or ''}\n")
    head.append(f"{score.enterprise_id}  {say(lang, 'as_of', day=score.as_of)}\n", "dim")
    if score.points is not None:
        unit, high = version.policy.scale.per_point, version.policy.scale.high
        head.append(say(lang, "points_of", points=decimal(score.points, unit), high=decimal(high, unit)))
    parts: list[Any] = [Panel(head, expand=False)]
    for rule in e.rules:
        parts.append(Text(say(lang, "rule_line", effect=effect(rule, e)[lang], label=rule.label[lang]), "bold"))
        parts += _indented(_grounds(rule, e, lang), 4)
    if score.points is not None:
        parts.append(_points(e, version.policy, lang, officer=officer))
    parts += [Text(f"· {text[lang]}") for text in e.advice]
    parts.append(Text(e.next_check[lang]))
    if officer and e.excluded:
        parts.append(Text(say(lang, "t_not_counted"), "bold"))
        parts += _indented((f"{evidence_line(v, lang)} — {why_excluded(code, version.policy)[lang]}" for v, code in e.excluded), 4)
    return Group(*parts, demonstration(version, lang))


def _grounds(rule: Rule, e: Explanation, lang: Lang) -> list[str]:
    idle = [] if decided(rule, e) else [say(lang, "rule_idle")]
    return [*idle, *(evidence_line(item, lang) for item in rule.evidence), *cited(rule.legal, lang)]


def _points(e: Explanation, policy: Policy, lang: Lang, *, officer: bool) -> Table:
    unit = policy.scale.per_point
    table = Table(show_lines=False)
    table.add_column(say(lang, "t_why"), overflow="fold")
    table.add_column(say(lang, "t_value"), justify="right", overflow="fold", max_width=18)
    table.add_column(say(lang, "t_points"), justify="right", no_wrap=True)
    table.add_row(say(lang, "base"), "", decimal(e.base, unit))
    for reason in e.reasons:
        shown = value(policy.indicator(reason.indicator_id), None if reason.unknown else reason.value)[lang]
        table.add_row(_why(reason, lang, officer=officer), Text(shown), signed(reason.points, unit))
    for c in e.contributions:
        if c.indicator_id == SCALE_LIMIT:
            table.add_row(say(lang, "scale_limit"), "", signed(c.points, unit))
    table.add_section()
    table.add_row(Text(say(lang, "total"), "bold"), "", Text(decimal(e.score.points or 0, unit), "bold"))
    return table


def _why(reason: Reason, lang: Lang, *, officer: bool) -> Text:
    text = Text(reason.label[lang], "bold")
    for item in reason.evidence[:5]:
        text.append(f"\n  {evidence_line(item, lang)}", "not bold")
        if officer and item.officer_note:
            text.append(f"\n    {item.officer_note}", "italic not bold")
    if len(reason.evidence) > 5:
        text.append("\n  " + say(lang, "and_more", n=len(reason.evidence) - 5), "not bold")
    for line in cited(reason.legal, lang):
        text.append(f"\n  {line}", "dim not bold")
    return text


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


def cited(legal: Iterable[Citation], lang: Lang) -> list[str]:
    """Citations as lines, each with how sure it is unless it was found in a source."""
    return [f"§ {c.document} {c.article}" + ("" if c.tag == "found" else f" [{say(lang, 'tag_' + c.tag)}]") for c in legal]


def headline(e: Explanation, lang: Lang) -> str:
    """Grade with rank, or *not rated*."""
    if e.band is None:
        return say(lang, "not_rated")
    return grade(lang, e.band.colour, e.band.rank, e.band.of, e.band.label[lang])


def grade(lang: Lang, colour: str | None, rank: int, of: int, label: str) -> str:
    """``蓝码 第1级（共4级）信用优良``: the colour's word, the rank and the label; never the colour alone."""
    if colour is None:
        return say(lang, "grade_plain", rank=rank, of=of, label=label)
    return say(lang, "grade_coloured", word=say(lang, f"colour_{colour}"), rank=rank, of=of, label=label)


def gate_label(version: PolicyVersion, gate: str, lang: Lang) -> str:
    """Label of a gate, or of being outside the scheme."""
    found = [g.label.model_dump()[lang] for g in version.policy.gates if g.id == gate]
    return str(found[0]) if found else say(lang, gate)


def demonstration(version: PolicyVersion, lang: Lang) -> Text:
    """The sentence that every view under a policy that is not in force must carry."""
    return Text(say(lang, "demonstration") if version.demonstration else "", "italic")


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
