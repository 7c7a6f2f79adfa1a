"""Tables of a run and of the policies.

Names, ids and codes come from data: they are ``Text``, so that brackets stay brackets, and fold where they are too long,
so that no character is lost on a terminal of 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from scoring.entities import Citation, Lang
from scoring.explain.words.effect import gate_label
from scoring.explain.words.exclusion import why_excluded
from scoring.explain.words.figures import percent, permille
from scoring.policy.load import ResolvedPolicy
from scoring.rules.wording import say

STYLES = {
    "blue": "bold white on blue",
    "green": "bold white on green4",
    "yellow": "bold black on yellow",
    "red": "bold white on red3",
}
BAR = 20


def colour_table(run: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """Colours with counts, shares and bars: shares among the rated, then the not rated by reason."""
    policy = version.policy
    rated = sum(run["bands"].values())
    table = Table(
        title=say(lang, "t_colours", policy=policy.title.model_dump()[lang], as_of=run["as_of"]),
        title_justify="left",
    )
    table.add_column(say(lang, "t_grade"), overflow="fold")
    table.add_column(say(lang, "t_count"), justify="right")
    table.add_column(say(lang, "t_share"), justify="right")
    table.add_column("", no_wrap=True, min_width=BAR)
    for rank, band in enumerate(policy.bands, start=1):
        n = run["bands"].get(band.id, 0)
        word = Text(
            grade(lang, band.colour, rank, len(policy.bands), band.label.model_dump()[lang]),
            STYLES.get(str(band.colour), "bold"),
        )
        table.add_row(word, f"{n:,}", percent(n, rated), "█" * round(permille(n, rated) * BAR / 1000))
    table.add_section()
    for gate, n in run["not_rated"].items():
        table.add_row(
            Text(f"{say(lang, 'not_rated')} · {gate_label(gate, policy)[lang]}", "dim"), f"{n:,}", "", ""
        )
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
        notes += [Text(name), *indented(remarks, 2)] if remarks else []
    return Group(table, *notes)


def _remarks(counts: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    yield from (
        f"{say(lang, 't_rejected')} {n:,} · {say(lang, f'rejected_{code}')} [{code}]"
        for code, n in counts["rejected_by"].items()
    )
    yield from (
        f"{say(lang, 't_warning')} {n:,} · {say(lang, f'warning_{code}')} [{code}]"
        for code, n in counts["warnings"].items()
    )
    if counts["assumed"]:
        yield say(lang, "t_assumed", columns=", ".join(counts["assumed"]))


def indented(lines: Iterable[str], by: int, style: str = "dim") -> list[RenderableType]:
    """Lines set in by so many columns, in a soft voice."""
    return [Padding(Text(line, style, overflow="fold"), (0, 0, 0, by)) for line in lines]


def facts_table(run: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """Records that did not count that day by rule, and the seconds of each stage."""
    excluded = ", ".join(
        f"{why_excluded(code, version.policy)[lang]} {n:,}" for code, n in run["excluded"].items() if n
    )
    seconds = ", ".join(f"{say(lang, 's_' + stage)} {s:.1f}" for stage, s in run["seconds"].items())
    lines = ((say(lang, "t_excluded"), excluded or "0"), (say(lang, "t_seconds"), seconds))
    return Group(*(Text.assemble((f"{name}  ", "bold"), text, overflow="fold") for name, text in lines))


def policy_table(versions: Iterable[ResolvedPolicy], lang: Lang) -> Table:
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


def grade(lang: Lang, colour: str | None, rank: int, of: int, label: str) -> str:
    """``蓝码 第1级（共4级）信用优良``: the colour's word, the rank and the label; never the colour alone."""
    if colour is None:
        return say(lang, "grade_plain", rank=rank, of=of, label=label)
    return say(lang, "grade_coloured", word=say(lang, f"colour_{colour}"), rank=rank, of=of, label=label)


def demonstration(version: ResolvedPolicy, lang: Lang) -> Text:
    """The sentence that every view under a policy that is not in force must carry."""
    return Text(say(lang, "demonstration") if version.demonstration else "", "italic")


def heading(text: str) -> Text:
    """The title of a part, with an empty line above it."""
    return Text(f"\n{text}", "bold underline")


def cited(legal: Iterable[Citation], lang: Lang) -> list[str]:
    """Citations as lines, each with how sure it is unless it was found in a source."""
    return [
        f"§ {c.document} {c.article}" + ("" if c.tag == "found" else f" [{say(lang, 'tag_' + c.tag)}]")
        for c in legal
    ]
