"""Tables of simulations, proposals, fairness and history for the terminal; names and labels of data are ``Text`` and fold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scoring.analysis.impact.bands import Place, Step, places, step
from scoring.analysis.impact.fairness import caveats
from scoring.cli.show import STYLES, demonstration
from scoring.entities import Lang
from scoring.explain.history.events import grade, sentence, told
from scoring.explain.history.timeline import History, Stretch
from scoring.explain.words.figures import decimal, percent, signed
from scoring.policy.language.schema import Policy
from scoring.policy.load import ResolvedPolicy
from scoring.rules.wording import say

STEPS = "▁▂▃▄▅▆▇█"
SLICES = 72
"""Columns of the line of points: it fits a terminal of 80."""
MOST_RULES = 12
"""Rules that are named in the terminal; the files name all."""


def migration(found: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy, lang: Lang) -> Group:
    """The matrix of a simulation, how many move, and what moves most."""
    names = {side: f"{found[side]['id']}@{found[side]['version']}" for side in ("old", "new")}
    table = matrix(found["matrix"], old.policy, new.policy, lang)
    table.title, table.title_justify = say(lang, "m_title", **names, day=found["as_of"]), "left"
    whole, moved = found["enterprises"], sum(found["moved"].values())
    share = percent(moved, whole)
    told = Text(
        say(lang, "m_moved_of", moved=decimal(moved), whole=decimal(whole), share=share, day=found["as_of"]),
        "bold",
    )
    directions = ", ".join(f"{say(lang, f'm_{name}')} {decimal(n)}" for name, n in found["moved"].items())
    parts: list[RenderableType] = [table, told, Text(directions)]
    if found["because"]:
        parts.append(Text(say(lang, "m_because"), "bold"))
    for rule in found["because"][:MOST_RULES]:
        state = "" if rule["state"] == "changed" else f" ({say(lang, 'm_' + rule['state'])})"
        parts.append(Text(f"  {decimal(rule['n']):>8}  {rule['label'][lang]}{state}"))
    return Group(*parts, demonstration(new, lang))


def matrix(cells: list[list[int]], old: Policy, new: Policy, lang: Lang, corner: str = "m_old_new") -> Table:
    """Counts from band to band (and not rated, where ``cells`` hold it) with sums; what stays is dim, what moves is bold."""
    rows, columns = places(old)[: len(cells)], places(new)[: len(cells[0])]
    table = Table()
    table.add_column(say(lang, corner), overflow="fold")
    for place in columns:
        table.add_column(_word(place, lang), justify="right", overflow="fold")
    table.add_column(say(lang, "m_sum"), justify="right")
    for place, numbers in zip(rows, cells, strict=True):
        shown = [_count(n, step(place, other, old, new)) for n, other in zip(numbers, columns, strict=True)]
        table.add_row(_word(place, lang), *shown, decimal(sum(numbers)))
    table.add_section()
    sums = [sum(column) for column in zip(*cells, strict=True)]
    table.add_row(say(lang, "m_sum"), *map(decimal, sums), decimal(sum(sums)))
    return table


def _word(place: Place, lang: Lang) -> Text:
    return Text(place.word(lang), STYLES.get(str(place.band.colour) if place.band else "", "bold"))


def _count(n: int, kind: Step) -> Text:
    return Text(decimal(n) if n else "·", "dim" if kind == "stays" or not n else "bold")


def proposal(found: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """Edges now and proposed, the shares that they reach, who moves, and what cannot be reached."""
    policy, rated = version.policy, found["rated"]
    name = f"{found['policy']['id']}@{found['policy']['version']}"
    table = Table(
        title=say(lang, "u_title", policy=name, day=found["as_of"], rated=decimal(rated)),
        title_justify="left",
    )
    table.add_column(say(lang, "t_grade"), overflow="fold")
    for text_id in ("u_from", "u_proposed", "u_target", "u_now", "u_by_points", "u_reached"):
        table.add_column(say(lang, text_id), justify="right", overflow="fold")
    for band, place in zip(found["bands"], places(policy), strict=False):
        shares = [
            f"{decimal(band[key]['n'])} {percent(band[key]['n'], rated)}"
            for key in ("target", "now", "by_points", "reached")
        ]
        table.add_row(_word(place, lang), str(band["from"]), Text(str(band["proposed"]), "bold"), *shares)
    moved = Text(
        say(lang, "u_moved", moved=decimal(found["moved"]), share=percent(found["moved"], rated)), "bold"
    )
    cells = matrix(found["matrix"], policy, policy, lang, "u_old_new")
    notes = [Text(f"· {note['text'][lang]}") for note in found["notes"]] or [Text(say(lang, "u_all_reached"))]
    return Group(
        table, moved, cells, *notes, Text(say(lang, "u_no_change"), "italic"), demonstration(version, lang)
    )


def fairness(found: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """One table a dimension: shares of bands, visits, the gap and its two parts, a mark where it is high."""
    name = f"{found['policy']['id']}@{found['policy']['version']}"
    parts: list[RenderableType] = [
        Text(say(lang, "q_title", policy=name, day=found["as_of"], n=decimal(found["all"]["n"])), "bold"),
        "",
    ]
    for dimension in found["dimensions"]:
        table = Table(
            box=box.SIMPLE_HEAD,
            collapse_padding=True,
            pad_edge=False,
            title=dimension["label"][lang],
            title_justify="left",
        )
        table.add_column("", overflow="fold", min_width=10)
        table.add_column(say(lang, "q_n"), justify="right", no_wrap=True)
        for place in places(version.policy)[:-1]:
            table.add_column(_short(place, lang), justify="right", no_wrap=True)
        for text_id in ("q_visits", "q_gap", "q_equal", "q_from"):
            table.add_column(say(lang, text_id), justify="right", overflow="fold", min_width=6)
        for group in dimension["groups"]:
            table.add_row(*_group_row(group, version, lang))
        table.add_section()
        table.add_row(
            *_group_row({**found["all"], "label": {lang: say(lang, "q_all")}}, version, lang), style="bold"
        )
        parts.append(table)
    return Group(
        *parts, *(Text(f"· {text[lang]}", "dim") for text in caveats(found)), demonstration(version, lang)
    )


def _short(place: Place, lang: Lang) -> Text:
    band = place.band
    word = say(lang, f"q_{band.colour}") if band and band.colour else place.word(lang)
    return Text(word, STYLES.get(str(band.colour) if band else "", "bold"))


def _group_row(group: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> list[RenderableType]:
    shares = [_tenths(group["bands"].get(band.id, 0)) for band in version.policy.bands]
    gaps = [signed(group[f"{part}_permille"], 10) for part in ("gap", "gap_equal", "explained")]
    name = Text.assemble(
        ("▲ " if group["warning"] else "", "bold red3"),
        group["label"][lang],
        (" *" if group["small"] else "", "dim"),
    )
    return [name, decimal(group["n"]), *shares, decimal(group["visits_x100"], 100), *gaps]


def _tenths(permille: int) -> str:
    return f"{permille // 10}.{permille % 10}%"


def timeline(found: History, name: str, lang: Lang) -> Group:
    """Points as a line of steps in the colours in effect, then the changes with what moved them, newest first."""
    if not found.stretches:
        return Group(Text(say(lang, "h_nothing")))
    first, last = found.stretches[0], found.stretches[-1]
    title = Text(say(lang, "h_title", name=name, start=first.start, end=last.end), "bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for text_id in ("h_no", "h_day", "h_points"):
        table.add_column(say(lang, text_id), no_wrap=True)
    table.add_column(say(lang, "t_grade"), overflow="fold", max_width=16)
    table.add_column(say(lang, "h_why"), overflow="fold")
    for change in told(found):
        before, after = (change[side]["points"] or "–" for side in ("before", "after"))
        points = f"{before} → {after}" if before != after else after
        word = Text(change["after"]["word"][lang], STYLES.get(str(change["after"]["colour"]), "bold"))
        table.add_row(str(change["number"]), change["day"], points, word, _why(change, lang))
    changed: RenderableType = table if found.changes else Text(say(lang, "h_no_change"))
    ends = Text(f"{first.start}{last.end!s:>{SLICES - 10}}", "dim")
    return Group(title, "", *_lines(found), ends, changed, demonstration(last.version, lang))


def _lines(found: History) -> list[Text]:
    """One character for each slice of days: its height tells the points; below it the rank, in the colour in effect."""
    start, days = found.stretches[0].start, (found.stretches[-1].end - found.stretches[0].start).days + 1
    ends = [start + timedelta(days=max(0, days * (n + 1) // SLICES - 1)) for n in range(SLICES)]
    given = [_height(s) for s in found.stretches if s.score.points is not None]
    low, high = (min(given), max(given)) if given else (0, 0)
    heights, strip = Text(), Text()
    for stretch in (next(s for s in found.stretches if s.end >= day) for day in ends):
        shown = grade(stretch.score, stretch.version)
        rated = stretch.score.points is not None
        heights.append(
            STEPS[(_height(stretch) - low) * (len(STEPS) - 1) // max(high - low, 1)] if rated else "·"
        )
        strip.append(str(shown["rank"] or "·")[:1], STYLES.get(str(shown["colour"]), "dim"))
    return [heights, strip]


def _height(stretch: Stretch) -> int:
    """Points in hundredths of a printed one, so that versions with different units share one line."""
    return (stretch.score.points or 0) * 100 // stretch.version.policy.scale.per_point


def _why(change: Mapping[str, Any], lang: Lang) -> Text:
    moved = [
        say(lang, "h_moved", label=item["label"][lang], points=item["points"]) for item in change["moved"]
    ]
    lines = [
        *(sentence(event, lang) for event in change["events"]),
        *(rule[lang] for rule in change["rules"]),
    ]
    lines += [say(lang, "and_more", n=change["more_events"])] if change["more_events"] else []
    return Text("\n".join([*lines, say(lang, "d_and").join(moved)]).strip())
