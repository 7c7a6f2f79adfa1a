"""The fairness report and the history of one enterprise on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from scoring.analysis.impact.bands import Place, places
from scoring.analysis.impact.fairness import caveats
from scoring.cli.show.run import STYLES, bullet, noticed
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang
from scoring.explain.history.events import describe_changes, describe_grade, sentence
from scoring.explain.history.timeline import History, Stretch
from scoring.explain.words.figures import decimal, signed
from scoring.explain.words.grades import short_name
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

STEPS = "▁▂▃▄▅▆▇█"
SLICES = 72
"""Columns of the line of points: it fits a terminal of 80."""
CODED = frozenset({"industry", "district"})
"""Dimensions whose codes people know and look up."""


def fairness(report: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """One table a dimension: shares of bands, visits, the gap and its two parts, and a mark."""
    policy = f"{report['policy']['id']}@{report['policy']['version']}"
    rated = decimal(report["all"]["n"])
    title = Prose(say(lang, "q_title", policy=policy, day=report["as_of"], n=rated), "bold")
    sections: list[RenderableType] = [title, ""]
    for dimension in report["dimensions"]:
        sections += [_fairness_table(dimension, report["all"], version, lang), ""]
    sections += [bullet(Text(text[lang], "dim")) for text in caveats(report)]
    return Group(*sections, noticed(version, lang, fictitious=report["fictitious"]))


def _fairness_table(
    dimension: Mapping[str, Any], whole: Mapping[str, Any], version: ResolvedPolicy, lang: Lang
) -> Sheet:
    """The groups of one dimension, and all together below them."""
    table = Sheet(title=dimension["label"][lang], frame=False, collapse_padding=True)
    table.add_column("", min_width=10)
    table.add_numbers(say(lang, "q_n"))
    for place in places(version.policy)[:-1]:
        table.add_column(_short(place, lang), justify="right", no_wrap=True)
    for text_id in ("q_visits", "q_gap", "q_equal", "q_from"):
        table.add_numbers(say(lang, text_id))
    for group in dimension["groups"]:
        table.add_row(_group_name(group, dimension["id"], lang), *_figures(group, version))
    table.add_section()
    table.add_row(say(lang, "q_all"), *_figures(whole, version), style="bold")
    return table


def _short(place: Place, lang: Lang) -> Text:
    band = place.band
    word = place.word(lang)
    if band is not None:
        word = short_name(band.colour, band.label.model_dump())[lang]
    return Prose(word, STYLES.get(str(band.colour) if band else "", "bold"))


def _group_name(group: Mapping[str, Any], dimension: str, lang: Lang) -> Text:
    """What the group is called, its code where it has one, and whether it is marked or small."""
    label = group["label"][lang]
    # A code without a name is its own label and stands there once.
    if dimension in CODED and group["value"] not in (None, label):
        label = say(lang, "coded", label=label, code=group["value"])
    warning = ("▲ " if group["warning"] else "", "bold red3")
    return Prose.from_parts(warning, label, (" *" if group["small"] else "", "dim"))


def _figures(group: Mapping[str, Any], version: ResolvedPolicy) -> list[str]:
    shares = [_tenths(group["bands"].get(band.id, 0)) for band in version.policy.bands]
    gaps = [signed(group[f"{part}_permille"], 10) for part in ("gap", "gap_equal", "explained")]
    return [decimal(group["n"]), *shares, decimal(group["visits_x100"], 100), *gaps]


def _tenths(permille: int) -> str:
    return f"{permille // 10}.{permille % 10}%"


def timeline(history: History, name: str, lang: Lang, *, fictitious: bool) -> Group:
    """Points as a line of steps, the colour of each day, then the changes, newest first."""
    if not history.stretches:
        return Group(Prose(say(lang, "h_nothing")))
    first, last = history.stretches[0], history.stretches[-1]
    title = Prose(say(lang, "h_title", name=name, start=first.start, end=last.end), "bold")
    heights, ranks = _lines(history)
    ends = Text(f"{first.start}{last.end!s:>{SLICES - 10}}", "dim")
    changes: RenderableType = Prose(say(lang, "h_no_change"))
    if history.changes:
        changes = _changes(history, lang)
    says = noticed(last.version, lang, fictitious=fictitious)
    return Group(title, "", heights, ranks, ends, changes, says)


def _changes(history: History, lang: Lang) -> Sheet:
    table = Sheet(frame=False)
    for text_id in ("h_no", "h_day", "h_points"):
        table.add_column(say(lang, text_id), no_wrap=True)
    table.add_column(say(lang, "t_grade"), max_width=16)
    table.add_column(say(lang, "h_why"))
    for change in describe_changes(history):
        before, after = (change[side]["points"] or "–" for side in ("before", "after"))
        points = f"{before} → {after}" if before != after else after
        style = STYLES.get(str(change["after"]["colour"]), "bold")
        grade_word = Prose(change["after"]["word"][lang], style)
        table.add_row(str(change["number"]), change["day"], points, grade_word, _why(change, lang))
    return table


def _lines(history: History) -> tuple[Text, Text]:
    """One character for each slice of days: its height tells the points, and one for the rank.

    The ranks are in the colours of their slices.
    """
    known = [_height(stretch) for stretch in history.stretches if stretch.score.points is not None]
    low, high = (min(known), max(known)) if known else (0, 0)
    heights, ranks = Text(), Text()
    for last_day in _slice_ends(history):
        stretch = next(stretch for stretch in history.stretches if stretch.end >= last_day)
        shown = describe_grade(stretch.score, stretch.version)
        height = (_height(stretch) - low) * (len(STEPS) - 1) // max(high - low, 1)
        heights.append(STEPS[height] if stretch.score.points is not None else "·")
        ranks.append(str(shown["rank"] or "·")[:1], STYLES.get(str(shown["colour"]), "dim"))
    return heights, ranks


def _slice_ends(history: History) -> list[date]:
    """The last day of each slice."""
    start, end = history.stretches[0].start, history.stretches[-1].end
    days = (end - start).days + 1
    # A span of fewer days than slices shows a day several times.
    ends = (max(0, days * (number + 1) // SLICES - 1) for number in range(SLICES))
    return [start + timedelta(days=end) for end in ends]


def _height(stretch: Stretch) -> int:
    """Points in hundredths of a printed one, so that versions of different units share a line."""
    return (stretch.score.points or 0) * 100 // stretch.version.policy.scale.per_point


def _why(change: Mapping[str, Any], lang: Lang) -> Text:
    """What moved the result, one event a line, and the points by indicator."""
    lines = [sentence(event, lang) for event in change["events"]]
    lines += [rule[lang] for rule in change["rules"]]
    if change["more_events"]:
        lines.append(say(lang, "and_more", n=change["more_events"]))
    moves = []
    for move in change["moved"]:
        moves.append(say(lang, "h_moved", label=move["label"][lang], points=move["points"]))
    return Prose("\n".join([*lines, say(lang, "d_and").join(moves)]).strip())
