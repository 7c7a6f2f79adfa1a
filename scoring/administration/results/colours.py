"""The colours in effect of a whole store, row by row, and the districts of those who are listed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, ScalarSelect, and_, func, select
from sqlalchemy.orm import aliased

from scoring.administration.results.current import CurrentResults
from scoring.disk import atomic_file, spreadsheet_cell
from scoring.entities import BandInfo, Lang, Progress, silent
from scoring.explain.words.code_names import district_name
from scoring.explain.words.disclosures import in_one, notices
from scoring.explain.words.grades import grade_name, legend, short_name
from scoring.explain.words.grounds import points_notice
from scoring.rules.wording import say
from scoring.store.tables.orm import Assessment, PolicyText, Standing, table_of
from scoring.store.tables.visible import VisibleEnterprise

FETCHED = 2_000
"""Rows that are read at once: memory stays that of these, however many enterprises there are."""
COLUMNS = ("code", "name", "district", "colour", "grade", "points", "as_of", "policy", "proposed", "notice")


class ColourRow(NamedTuple):
    """The colour of one enterprise in effect, with what is proposed instead (``None``: nothing)."""

    enterprise_id: str
    name: str | None
    district_code: str | None
    band: str | None
    points: int | None
    as_of: date
    policy_id: str
    policy_version: str
    proposed_band: str | None


def colour_rows(results: CurrentResults, connection: Connection) -> Iterator[ColourRow]:
    """All enterprises under the policy of the results, in order of their ids."""
    # Where a first result waits none is in effect: its day and policy are those of the proposed one.
    in_effect, latest, shown = aliased(Assessment), aliased(Assessment), aliased(Assessment)
    query = (
        select(
            Standing.enterprise_id,
            Standing.name,
            _district_code(),
            Standing.band,
            in_effect.points,
            shown.as_of,
            shown.policy_id,
            PolicyText.version,
            latest.band,
        )
        .join(shown, shown.number == func.coalesce(Standing.in_effect, Standing.latest))
        .join(PolicyText, PolicyText.sha256 == shown.rules_sha256)
        .outerjoin(in_effect, in_effect.number == Standing.in_effect)
        .outerjoin(latest, and_(latest.number == Standing.latest, Standing.proposed))
        .where(Standing.policy_id == results.version.policy.id)
        .order_by(Standing.enterprise_id)
    )
    for row in connection.execute(query, execution_options={"yield_per": FETCHED}):
        yield ColourRow(*row)


def districts(results: CurrentResults, enterprise_ids: Sequence[str]) -> dict[str, str | None]:
    """Code of the district of each enterprise that has a standing."""
    query = select(Standing.enterprise_id, _district_code())
    mine = Standing.enterprise_id.in_(enterprise_ids)
    with results.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query.where(mine))}


def write_colours(results: CurrentResults, file: Path, lang: Lang, progress: Progress = silent) -> int:
    """Writes the colours of all enterprises as CSV for Excel, whole or not at all; returns how many.

    UTF-8 with a byte-order mark, heads and words in ``lang``, no cell that runs as a formula. Every row
    says what rules and data it rests on, for rows are copied out of files.

    Args:
        results: The results of a store.
        file: The file to write; an older one is replaced.
        lang: Language of heads and words.
        progress: Called with ``write_list`` and the share done.
    """
    bands = {band.id: band for band in legend(results.version.policy)}
    mine = Standing.policy_id == results.version.policy.id
    counted = select(func.count()).select_from(Standing).where(mine)
    written = 0
    # Counted and read from one state of the store: a scoring at the same time splits no file.
    with (
        atomic_file(file) as unfinished,
        results.read() as connection,
        unfinished.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        enterprises = connection.execute(counted).scalar_one()
        writer = csv.writer(stream)
        writer.writerow([say(lang, f"colours_{column}") for column in COLUMNS])
        said = (*notices(results.version, fictitious=results.fictitious), points_notice(results.version))
        notice = in_one(said, lang)
        for written, colour_row in enumerate(colour_rows(results, connection), start=1):
            writer.writerow([*_cells(colour_row, bands, results, lang), notice])
            if written % FETCHED == 0:
                progress("write_list", written / enterprises)
    progress("write_list", 1.0)
    return written


def points_number(points: int | None, per_point: int) -> int | float | None:
    """Points as they are printed, as a number."""
    return points if points is None or per_point == 1 else points / per_point


def district_shown(code: str | None, lang: Lang) -> str:
    """Name of a district with its code in brackets; the code alone where it has no name."""
    label = district_name(code) if code else None
    return say(lang, "coded", label=label, code=code) if label else code or ""


def _cells(
    row: ColourRow, bands: dict[str, BandInfo], results: CurrentResults, lang: Lang
) -> list[str | int | float | None]:
    band, proposed = bands.get(row.band or ""), bands.get(row.proposed_band or "")
    # A band that the present version no longer has is called by its id.
    colour, grade = row.band or say(lang, "not_rated"), ""
    if band:
        colour = short_name(band.colour, band.label)[lang]
        grade = say(lang, "grade_plain", rank=band.rank, of=band.of, label=band.label[lang])
    district = district_shown(row.district_code, lang)
    return [
        *map(spreadsheet_cell, (row.enterprise_id, row.name or "", district, colour, grade)),
        points_number(row.points, results.version.policy.scale.per_point),
        row.as_of.isoformat(),
        f"{row.policy_id}@{row.policy_version}",
        grade_name(proposed)[lang] if proposed else "",
    ]


def _district_code() -> ScalarSelect[str | None]:
    """The district in the latest version of an enterprise."""
    # A version that a map made from a record counts only while no source lists the enterprise.
    versions = table_of(VisibleEnterprise)
    return (
        select(versions.c.district_code)
        .where(versions.c.enterprise_id == Standing.enterprise_id)
        .order_by(versions.c.created, versions.c.known_on.desc().nulls_last(), versions.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
