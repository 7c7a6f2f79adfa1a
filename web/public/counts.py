"""The open counts of each month: a page, its twin and a table to take away."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template

from scoring.administration.figures.colours_over_time import NOT_RATED
from scoring.administration.figures.open_counts import open_counts
from scoring.administration.results.small_cells import LEAST
from scoring.explain.words.grades import legend
from scoring.rules.wording import both, say
from web.parts import view
from web.parts.grades import band_grade
from web.reading import results

BOM = "\ufeff"
"""Without it a spreadsheet takes Chinese for something else."""


def add_counts(routes: Blueprint) -> None:
    """Adds the page, its twin and the table.

    Args:
        routes: The blueprint of the public.
    """

    @routes.get("/counts")
    def counts() -> str:
        """Enterprises by colour at the end of each month."""
        return render_template("public/counts.html", c=counts_view())

    @routes.get("/api/counts")
    def counts_json() -> Response:
        """Twin of the page."""
        return jsonify(counts_view())

    @routes.get("/counts.csv")
    def counts_csv() -> Response:
        """The same as a table."""
        # Numbers as numbers: whoever opens the table adds them up.
        shown, written = counts_view(), io.StringIO()
        table = csv.writer(written, lineterminator="\r\n")
        words = [band["word"][g.lang] for band in shown["bands"]]
        table.writerow([say(g.lang, "oc_month"), *words])
        for month in shown["months"]:
            # What is not told is an empty cell, which no sum takes for nothing.
            cells = (month["counts"][band["band"]] for band in shown["bands"])
            table.writerow([month["month"], *("" if count is None else count for count in cells)])
        return Response(
            BOM + written.getvalue(),
            mimetype="text/csv",
            headers={"Content-Disposition": "attachment; filename=counts.csv"},
        )


def counts_view() -> dict[str, Any]:
    """The counts as plain data; none where the rules grant the public no colour."""
    read = results()
    policy = read.version.policy
    is_granted = view.grants(read.version, "public").colour
    bands = [{**band_grade(band), "band": band.id} for band in legend(policy)]
    bands.append({"mark": "not_rated", "word": both("oc_unrated"), "rank": None, "band": NOT_RATED})
    if is_granted:
        with read.read() as connection:
            months = [vars(month) for month in open_counts(connection, read.version)]
    else:
        months = []
    return {
        "granted": is_granted,
        "bands": bands,
        "months": months,
        "small": both("spread_small", n=LEAST),
    }
