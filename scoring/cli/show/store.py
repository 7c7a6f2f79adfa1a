"""Tables of the store: what falls due, and which proposals are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from scoring.entities import Lang
from scoring.rules.wording import say

MOST = 200
"""Rows that a terminal shows; the JSON form has all."""


def due_table(rows: Sequence[Mapping[str, Any]], lang: Lang) -> RenderableType:
    """What falls due: kind, day, enterprise, what, and what it still waits for."""
    if not rows:
        return Text(say(lang, "nothing_due"))
    table = _table("st_due", ("st_kind", "st_on", "st_who", "st_what", "st_waits"), len(rows), lang)
    for row in rows[:MOST]:
        waits = ", ".join(say(lang, f"w_{name}") for name in row["waits"])
        table.add_row(
            say(lang, f"due_{row['kind']}"),
            row["on"] or "",
            Text(row["enterprise_id"]),
            Text(row["what"]),
            waits,
        )
    return table


def proposals(rows: Sequence[Mapping[str, Any]], lang: Lang) -> RenderableType:
    """Open proposals: whose, from which band to which, until when, and how many of its reviewers have confirmed."""
    if not rows:
        return Text(say(lang, "nothing_open"))
    table = _table(
        "st_proposals",
        ("st_who", "st_before", "st_proposed", "st_notice", "st_reviewers", "st_waits"),
        len(rows),
        lang,
    )
    for row in rows[:MOST]:
        waits = [
            name
            for name, holds in (("statement", row["open_statements"]), ("returned", row["returned"]))
            if holds
        ]
        table.add_row(
            Text(f"{row['enterprise_id']} {row['name'] or ''}"),
            row["before"] or "—",
            row["band"],
            row["notice_until"],
            f"{len(row['confirmed_by'])}/{row['reviewers']}",
            ", ".join(say(lang, f"w_{name}") for name in waits),
        )
    return table


def _table(title: str, columns: Sequence[str], n: int, lang: Lang) -> Table:
    shown = f" ({MOST}/{n})" if n > MOST else f" ({n})"
    table = Table(title=say(lang, title) + shown, title_justify="left")
    for name in columns:
        table.add_column(say(lang, name), overflow="fold")
    return table
