"""The list of whom to visit first as a CSV file for Excel."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from scoring.administration.supervision.visit_list import REASONS, Ranking, VisitReason
from scoring.disk import atomic_file, spreadsheet_cell
from scoring.entities import Lang, Progress, silent
from scoring.explain.words.disclosures import in_one
from scoring.rules.wording import say

AT_ONCE = 25_000
"""Rows between two reports of progress."""


def write_ranking(
    ranking: Ranking, path: Path, lang: Lang, *, named: bool, progress: Progress = silent
) -> None:
    """Writes the whole list or nothing: UTF-8 with BOM, no cell that runs as a formula.

    Every row says by which table and as of which day, and what is to be known of the list, for rows are
    copied out of files.

    Args:
        ranking: The list.
        path: The file.
        lang: Language of the reasons.
        named: Whether names are written too.
        progress: Called with a stage and the share done.
    """
    note = in_one(ranking.cautions(), lang)
    origin = (ranking.as_of.isoformat(), f"{ranking.table.id}@{ranking.table.sha256[:12]}", note)
    identity = ("enterprise_id", "name") if named else ("enterprise_id",)

    # Most enterprises have the same few reasons.
    @cache
    def cell(reason: VisitReason) -> str:
        """A reason in words."""
        return spreadsheet_cell(ranking.sentence(reason, lang))

    with atomic_file(path) as part_file, part_file.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        in_field = ("field", "grade", "inspected") if ranking.sample else ()
        columns = ("rank", *identity, *in_field, "points", "probability", *REASONS)
        writer.writerow((*columns, "as_of", "model", "notice"))
        for enterprise in ranking.rows():
            if enterprise.rank % AT_ONCE == 1:
                progress("write_list", enterprise.rank / len(ranking.ids))
            names = (spreadsheet_cell(getattr(enterprise, column)) for column in identity)
            # Every row has all columns: Excel would move what follows a missing cell.
            reasons = [*map(cell, enterprise.reasons), *[""] * (len(REASONS) - len(enterprise.reasons))]
            figures = (enterprise.points, f"{enterprise.probability:.4f}")
            placed = _in_field(ranking, enterprise.enterprise_id, lang)
            writer.writerow((enterprise.rank, *names, *placed, *figures, *reasons, *origin))
    progress("write_list", 1.0)


def _in_field(ranking: Ranking, enterprise_id: str, lang: Lang) -> tuple[str, ...]:
    """Of a list of one field: the field, the grade there, and whether its share takes the enterprise."""
    if ranking.sample is None:
        return ()
    taken = say(lang, "mr_inspected" if enterprise_id in ranking.chosen else "mr_not_inspected")
    return ranking.sample.label[lang], ranking.sample.grade(enterprise_id)[lang], taken
