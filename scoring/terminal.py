"""Tables and sentences for the terminal: built here, printed by ``cli`` alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scoring.engine.results import SCALE_LIMIT
from scoring.entities import Citation, Evidence, Explanation, Lang, Reason, Rule, code_label
from scoring.explain.wording import say
from scoring.policy.load import PolicyVersion
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
        share = n / rated if rated else 0.0
        word = Text(grade(lang, band.colour, rank, len(policy.bands), band.label.model_dump()[lang]), STYLES.get(str(band.colour), "bold"))
        table.add_row(word, f"{n:,}", f"{share:.1%}", "█" * round(share * BAR))
    table.add_section()
    for gate, n in run["not_rated"].items():
        table.add_row(Text(f"{say(lang, 'not_rated')} · {gate_label(version, gate, lang)}", "dim"), f"{n:,}", "", "")
    return Group(table, demonstration(version, lang))


def source_table(run: Mapping[str, Any], lang: Lang) -> Table:
    """What came in, per source: in = accepted + rejected + merged + out of scope, and why rows were rejected."""
    table = Table(title=say(lang, "t_sources"), title_justify="left")
    for text_id in ("t_source", "t_in", "t_accepted", "t_rejected", "t_merged", "t_out"):
        left = text_id == "t_source"
        table.add_column(say(lang, text_id), justify="left" if left else "right", overflow="fold", min_width=26 if left else None)
    why = reasons()
    for name, counts in run["sources"].items():
        numbers = [counts[key] for key in ("rows_in", "accepted", "rejected", "merged", "out_of_scope")]
        table.add_row(name, *(f"{n:,}" for n in numbers))
        for code, n in counts["rejected_by"].items():
            table.add_row(f"  └ {why['rejected'][code][lang]} [{code}]", "", "", f"{n:,}", "", "", style="dim")
        for code, n in counts["warnings"].items():
            table.add_row(f"  └ {say(lang, 't_warning')} {why['warnings'][code][lang]} [{code}]", "", f"{n:,}", "", "", "", style="dim")
        if counts["assumed"]:
            table.add_row(f"  └ {say(lang, 't_assumed', columns=', '.join(counts['assumed']))}", style="dim")
    return table


def facts_table(run: Mapping[str, Any], lang: Lang) -> Table:
    """Records that did not count that day by rule, and the seconds of each stage."""
    table = Table.grid(padding=(0, 2))
    excluded = ", ".join(f"{say(lang, 'x_' + code)} {n:,}" for code, n in run["excluded"].items() if n)
    table.add_row(say(lang, "t_excluded"), excluded or "0")
    table.add_row(say(lang, "t_seconds"), ", ".join(f"{say(lang, 's_' + stage)} {s:.1f}" for stage, s in run["seconds"].items()))
    return table


def policy_table(versions: Iterable[PolicyVersion], lang: Lang) -> Table:
    """The policies that are shipped."""
    table = Table("id", say(lang, "t_version"), say(lang, "t_status"), say(lang, "t_indicators"), say(lang, "t_title"), "sha256")
    for v in versions:
        status, title = say(lang, "p_" + v.status.replace(" ", "_")), v.policy.title.model_dump()[lang]
        table.add_row(v.policy.id, v.policy.version, status, str(len(v.policy.indicators)), title, v.sha256[:12])
    return table


def explanation(e: Explanation, version: PolicyVersion, lang: Lang, *, officer: bool) -> Group:
    """A person's explanation: the grade, every point with its records and articles, what helps, until when."""
    score = e.score
    head = Text.assemble((f" {headline(e, lang)} ", STYLES.get(str(score.colour), "bold reverse")), f"  {score.name or ''}\n")
    head.append(f"{score.enterprise_id}  {say(lang, 'as_of', day=score.as_of)}\n", "dim")
    if score.points is not None:
        head.append(say(lang, "points_of", points=score.points, high=version.policy.scale.high))
    parts: list[Any] = [Panel(head, expand=False)]
    for rule in e.rules:
        band = f" → {rule.band}" if rule.band and rule.kind != "hysteresis" else ""
        parts.append(Text(f"{say(lang, 'r_' + rule.kind)}{band}: {rule.label[lang]}", "bold"))
        parts += [Text(f"    {line}", "dim") for line in _grounds(rule, lang)]
    if score.points is not None:
        parts.append(_points(e, lang, officer=officer))
    parts += [Text(f"· {text[lang]}") for text in e.advice]
    parts.append(Text(e.next_check[lang]))
    if officer and e.excluded:
        parts.append(Text(say(lang, "t_not_counted"), "bold"))
        parts += [Text(f"    {evidence_line(v, lang)} — {say(lang, 'x_' + code)}") for v, code in e.excluded]
    return Group(*parts, demonstration(version, lang))


def _grounds(rule: Rule, lang: Lang) -> list[str]:
    return [evidence_line(item, lang) for item in rule.evidence] + cited(rule.legal, lang)


def _points(e: Explanation, lang: Lang, *, officer: bool) -> Table:
    table = Table(say(lang, "t_why"), say(lang, "t_value"), say(lang, "t_points"), title_justify="left", show_lines=False)
    table.columns[1].justify = table.columns[2].justify = "right"
    table.add_row(say(lang, "base"), "", str(e.base))
    for reason in e.reasons:
        value = say(lang, "unknown") if reason.unknown else f"{reason.value:,}"
        table.add_row(_why(reason, lang, officer=officer), value, f"{reason.points:+d}")
    for c in e.contributions:
        if c.indicator_id == SCALE_LIMIT:
            table.add_row(say(lang, "scale_limit"), "", f"{c.points:+d}")
    table.add_section()
    table.add_row(Text(say(lang, "total"), "bold"), "", Text(str(e.score.points), "bold"))
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
    if v.amount_fen:
        parts.append(say(lang, "yuan", amount=f"{v.amount_fen / 100:,.2f}"))
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
    word = say(lang, f"colour_{colour}") + " " if colour else ""
    return word + say(lang, "rank", rank=rank, of=of) + (" " if lang == "zh" else ": ") + label


def gate_label(version: PolicyVersion, gate: str, lang: Lang) -> str:
    """Label of a gate, or of being outside the scheme."""
    found = [g.label.model_dump()[lang] for g in version.policy.gates if g.id == gate]
    return str(found[0]) if found else say(lang, gate)


def demonstration(version: PolicyVersion, lang: Lang) -> Text:
    """The sentence that every view under a policy that is not in force must carry."""
    return Text(say(lang, "demonstration") if version.demonstration else "", "italic")


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
