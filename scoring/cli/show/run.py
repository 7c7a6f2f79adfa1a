"""Tables of a run and of the shipped policies.

Names, ids and codes come from data: they are never read as markup, so that brackets stay brackets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import BandInfo, Citation, Lang, code_label
from scoring.explain.words.disclosures import in_one, notices, order_notice
from scoring.explain.words.exclusion import why_excluded
from scoring.explain.words.figures import percent, permille
from scoring.explain.words.grades import full_name, gate_label, legend
from scoring.explain.words.grounds import cited_words
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

STYLES = {
    "blue": "bold white on blue",
    "green": "bold white on green4",
    "yellow": "bold black on yellow",
    "red": "bold white on red3",
}
"""How a colour looks on a terminal; the word always stands beside it."""
ROW_COUNTS = {
    "rows_in": "t_in",
    "accepted": "t_accepted",
    "rejected": "t_rejected",
    "merged": "t_merged",
    "out_of_scope": "t_out",
}
"""What becomes of the rows of a source, each with the id of its word."""
MOST_GROUPS = 20
"""Combinations of column and value that a terminal shows; the file has every record."""
BAR = 20
"""Columns of the bar of a share of one."""


def colour_table(run: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """Colours with counts and shares among the rated, then the not rated by reason."""
    policy = version.policy
    rated = sum(run["bands"].values())
    title = say(lang, "t_colours", policy=policy.title.model_dump()[lang], as_of=run["as_of"])
    table = Sheet(say(lang, "t_grade"), title=title)
    table.add_numbers(say(lang, "t_count"), say(lang, "t_share"))
    table.add_column("", no_wrap=True, min_width=BAR)
    for band in legend(policy):
        count = run["bands"].get(band.id, 0)
        table.add_row(badge(band, lang), f"{count:,}", percent(count, rated), _bar(count, rated))
    table.add_section()
    for gate, count in run["not_rated"].items():
        reason = f"{say(lang, 'not_rated')} · {gate_label(gate, policy)[lang]}"
        table.add_row(Prose(reason, "dim"), f"{count:,}", "", "")
    return Group(table, noticed(version, lang, fictitious=bool(run["fictitious"])))


def badge(band: BandInfo, lang: Lang) -> Text:
    """A grade in full and in its colour."""
    return Prose(full_name(band)[lang], STYLES.get(str(band.colour), "bold"))


def _bar(count: int, whole: int) -> str:
    """The share as a bar; whatever is not nothing has one cell at least."""
    cells = round(permille(count, whole) * BAR / 1000)
    return "█" * max(cells, 1 if count else 0)


def source_table(run: Mapping[str, Any], lang: Lang) -> Group:
    """What came in, per source, and why rows were rejected.

    Read in = accepted + rejected + merged + out of scope.
    """
    table = Sheet(say(lang, "t_source"), title=say(lang, "t_sources"))
    for text_id in ROW_COUNTS.values():
        table.add_numbers(say(lang, text_id))
    notes: list[Text] = []
    for source_name, counts in run["sources"].items():
        table.add_row(source_name, *(f"{counts[count_name]:,}" for count_name in ROW_COUNTS))
        remarks = list(_remarks(counts, lang))
        notes += [Prose(source_name), *indented(remarks, 2)] if remarks else []
    return Group(table, *notes)


def _remarks(counts: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    # The code stands behind its words: it is what the file of rejected rows is filtered by.
    for reason_code, rows in counts["rejected_by"].items():
        reason = say(lang, f"rejected_{reason_code}")
        yield f"{say(lang, 't_rejected')} {rows:,} · {reason} [{reason_code}]"
    for reason_code, rows in counts["warnings"].items():
        reason = say(lang, f"warning_{reason_code}")
        yield f"{say(lang, 't_warning')} {rows:,} · {reason} [{reason_code}]"
    for remark in counts.get("remarks", ()):
        yield remark[lang]
    if unjoined := counts.get("unjoined"):
        yield say(lang, "unjoined", **unjoined)
    if counts["assumed"]:
        yield say(lang, "t_assumed", columns=", ".join(counts["assumed"]))


def facts_table(run: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """Records that did not count that day, by rule, the most frequent first; and seconds by stage."""
    counts = [(count, rule_id) for rule_id, count in run["excluded"].items() if count]
    counts.sort(reverse=True)
    lengths = [f"{say(lang, f's_{stage}')} {seconds:.1f}" for stage, seconds in run["seconds"].items()]
    seconds = say(lang, "d_and").join(lengths)
    table = Sheet(say(lang, "t_rule"), title=say(lang, "t_excluded"))
    table.add_numbers(say(lang, "t_records"))
    for count, rule_id in counts:
        table.add_row(why_excluded(rule_id, version)[lang], f"{count:,}")
    none = Prose.from_parts((f"{say(lang, 't_excluded')}  ", "bold"), "0")
    return Group(
        table if counts else none, Prose.from_parts((f"{say(lang, 't_seconds')}  ", "bold"), seconds)
    )


def not_looked_at_table(groups: Sequence[Mapping[str, Any]], lang: Lang) -> Group:
    """Records that nothing of the policy can see, by the column and value that hide them."""
    by_kind = [group for group in groups if group["column"] == "kind"]
    hidden = [group for group in groups if group["column"] != "kind"]
    table = Sheet(say(lang, "t_record_kind"), title=say(lang, "t_not_looked_at"))
    table.add_column(say(lang, "t_in_column"))
    table.add_column(say(lang, "t_written"))
    table.add_numbers(say(lang, "t_records"))
    for group in hidden[:MOST_GROUPS]:
        kind = code_label("kinds", group["kind"], lang)
        table.add_row(kind, group["column"], group["value"] or say(lang, "t_blank"), f"{group['records']:,}")
    whole_kinds = [f"{code_label('kinds', group['kind'], lang)} {group['records']:,}" for group in by_kind]
    kinds = say(lang, "t_kinds_not_looked_at", kinds=say(lang, "d_and").join(whole_kinds))
    return Group(*([table] if hidden else []), *(indented([kinds], 2) if by_kind else []))


def policy_table(versions: Iterable[ResolvedPolicy], lang: Lang) -> Sheet:
    """The policies that are shipped; ``policy show`` gives the hash of one."""
    table = Sheet()
    for text_id in ("t_id", "t_version", "t_status"):
        table.add_column(say(lang, text_id), no_wrap=True)
    table.add_numbers(say(lang, "t_indicators"))
    table.add_column(say(lang, "t_title"))
    for version in versions:
        policy = version.policy
        status = say(lang, "p_" + version.status.replace(" ", "_"))
        title = policy.title.model_dump()[lang]
        table.add_row(policy.id, policy.version, status, str(len(policy.indicators)), title)
    return table


def noticed(version: ResolvedPolicy, lang: Lang, *, fictitious: bool) -> Text:
    """The sentences that every view must carry: of rules, of data, and of the order of colours."""
    sentences = (*notices(version, fictitious=fictitious), *order_notice(version))
    return Prose(in_one(sentences, lang), "italic")


def heading(text: str) -> Text:
    """The title of a part, with an empty line above it."""
    return Prose(f"\n{text}", "bold underline")


def indented(lines: Iterable[str], by: int, style: str = "dim") -> list[Text]:
    """Lines set in by so many columns, in a soft voice; what follows a break is set in further."""
    return [Prose(line, style, indent=by, hanging=2) for line in lines]


def bullet(text: str | Text, mark: str = "·") -> Text:
    """One entry of a list behind its mark."""
    return Prose.from_parts(f"{mark} ", text, indent=2, hanging=len(mark) + 1)


def cited(legal: Iterable[Citation], lang: Lang) -> list[str]:
    """Citations as lines, each with its role; what is no law says so.

    How sure a citation is stands in ``policy check`` and ``policy law``: it is asked of whoever wrote the
    rules, not told to whom they are applied.
    """
    return [
        f"§ {cited_words(citation)[lang]}"
        + (f" [{say(lang, 'tag_not_law')}]" if citation.tag == "not_law" else "")
        for citation in legal
    ]
