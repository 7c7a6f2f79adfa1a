"""Simulations and proposed edges on the terminal: who would move from which band to which, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from scoring.analysis.impact.bands import Place, places
from scoring.analysis.impact.matrix import SIGNS, Cell, migration_matrix
from scoring.cli.show.run import STYLES, bullet, noticed
from scoring.cli.show.terminal import Prose, Sheet
from scoring.cli.show.wrapping import longest_piece
from scoring.entities import Lang
from scoring.explain.words.figures import decimal, percent
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

MOST_RULES = 12
"""Rules that are named in the terminal; the files name all."""
SHARES = ("target", "now", "by_points", "reached")


def migration(simulation: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy, lang: Lang) -> Group:
    """The matrix of a simulation, how many move, and what moves most."""
    names = {side: f"{simulation[side]['id']}@{simulation[side]['version']}" for side in ("old", "new")}
    day, whole, moved = simulation["as_of"], simulation["enterprises"], sum(simulation["moved"].values())
    table = matrix(simulation["matrix"], old.policy, new.policy, lang)
    share = percent(moved, whole)
    summary = say(lang, "m_moved_of", moved=decimal(moved), whole=decimal(whole), share=share, day=day)
    directions = [f"{say(lang, f'm_{name}')} {decimal(count)}" for name, count in simulation["moved"].items()]
    parts: list[RenderableType] = [
        Prose(say(lang, "m_title", **names, day=day), "italic", hanging=2),
        table,
        Prose(summary, "bold"),
        Prose(say(lang, "d_and").join(directions)),
    ]
    if simulation["because"]:
        parts.append(Prose(say(lang, "m_because"), "bold"))
    parts += [_because(rule, lang) for rule in simulation["because"][:MOST_RULES]]
    return Group(*parts, noticed(new, lang, fictitious=simulation["fictitious"]))


def _because(rule: Mapping[str, Any], lang: Lang) -> Text:
    """A rule, how many it moves, and whether it is new or gone."""
    label = rule["label"][lang]
    if rule["state"] != "changed":
        label = say(lang, "m_rule", label=label, state=say(lang, f"m_{rule['state']}"))
    return Prose(f"{decimal(rule['n']):>8}  {label}", indent=2, hanging=10)


def matrix(counts: list[list[int]], old: Policy, new: Policy, lang: Lang, corner: str = "m_old_new") -> Sheet:
    """Counts from band to band (and not rated, where ``counts`` has them) with sums, tinted as in the pictures."""
    migration = migration_matrix(counts, old, new)
    table = Sheet(say(lang, corner), frame=False)
    for place, column in zip(migration.columns, zip(*migration.cells, strict=True), strict=True):
        word = place.word(lang)
        # A word a line: the column is as narrow as its longest word or number, and none is torn.
        least = max(longest_piece(word), *(cell_len(cell.text) for cell in column))
        head = Prose("\n".join(word.split()), _style(place))
        table.add_column(head, justify="right", min_width=least)
    table.add_numbers(say(lang, "m_sum"))
    for place, row, total in zip(migration.rows, migration.cells, migration.row_sums, strict=True):
        table.add_row(_word(place, lang), *map(_count, row), decimal(total))
    table.add_section()
    sums = migration.column_sums
    table.add_row(say(lang, "m_sum"), *map(decimal, sums), decimal(sum(sums)))
    legend = [f"{SIGNS[kind]} {say(lang, f'm_legend_{kind}')}" for kind in migration.steps]
    table.caption, table.caption_justify = Prose("  ".join(legend), "dim"), "left"
    return table


def _style(place: Place) -> str:
    return STYLES.get(str(place.band.colour) if place.band else "", "bold")


def _word(place: Place, lang: Lang) -> Text:
    return Prose(place.word(lang), _style(place))


def _count(cell: Cell) -> Text:
    style = "dim" if cell.step == "stays" or not cell.count else f"bold {cell.tint.ink} on {cell.tint.fill}"
    return Prose(cell.text, style, no_wrap=True)


def proposal(tuned: Mapping[str, Any], version: ResolvedPolicy, lang: Lang) -> Group:
    """Edges now and proposed, the shares that they reach, who moves, and what cannot be reached."""
    policy, rated = version.policy, tuned["rated"]
    identity = f"{tuned['policy']['id']}@{tuned['policy']['version']}"
    title = say(lang, "u_title", policy=identity, day=tuned["as_of"], rated=decimal(rated))
    table = Sheet(say(lang, "t_grade"), title=title)
    for text_id in ("u_from", "u_proposed"):
        table.add_column(say(lang, text_id), justify="right")
    for share in SHARES:
        # The count above its percentage, so that neither is torn at 80 columns.
        table.add_column(say(lang, f"u_{share}"), justify="right", min_width=5)
    for band, place in zip(tuned["bands"], places(policy), strict=False):
        shares = [f"{decimal(band[key]['n'])}\n{percent(band[key]['n'], rated)}" for key in SHARES]
        # Edges as they are typed into a policy, with no separators; the id as it is typed in --shares.
        edges = (str(band["from"]), Prose(str(band["proposed"]), "bold"))
        name = Prose.from_parts(f"{band['id']} ", _word(place, lang))
        table.add_row(name, *edges, *shares)
    moved = say(lang, "u_moved", moved=decimal(tuned["moved"]), share=percent(tuned["moved"], rated))
    cells = matrix(tuned["matrix"], policy, policy, lang, "u_old_new")
    notes = [bullet(note["text"][lang]) for note in tuned["notes"]] or [Prose(say(lang, "u_all_reached"))]
    unchanged = Prose(say(lang, "u_no_change"), "italic")
    says = noticed(version, lang, fictitious=tuned["fictitious"])
    return Group(table, Prose(moved, "bold"), cells, *notes, unchanged, says)
