"""Notices of proposals: what is to be sent to enterprises, and the receipts that come back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from scoring.disk import atomic_file, spreadsheet_cell
from scoring.entities import Lang
from scoring.errors import InputError, SiseError, StoreError
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say
from scoring.store.standing.reviewing import NewStep, Proposal, proposals, put_step, require_complete
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, Standing
from scoring.store.tables.writing import Clock, begin_writing, day_in_china

COLUMNS = (
    "enterprise_id",
    "name",
    "proposal",
    "before",
    "proposed",
    "points_before",
    "points",
    "reasons",
    "text",
)
RECEIPT = ("enterprise_id", "proposal", "how", "served_on", "proof")
"""Columns of a receipt; ``witness`` and ``document`` may follow."""


def write_notices(database: Database, version: ResolvedPolicy, file: Path, lang: Lang) -> int:
    """Writes the notices that nobody was served yet as CSV for Excel, whole or not at all.

    Args:
        database: The store.
        version: The policy.
        file: The file to write; an older one is replaced.
        lang: Language of the words.

    Returns:
        How many.
    """
    with database.read() as connection:
        unserved = [
            proposal for proposal in proposals(connection, version) if proposal.pending.served_on is None
        ]
        results = _results(connection, version.policy.id)
    with atomic_file(file) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for proposal in unserved:
            writer.writerow(_notice(proposal, results[proposal.enterprise_id], version.policy, lang))
    return len(unserved)


def _results(connection: Any, policy_id: str) -> dict[str, Any]:
    """By enterprise with an open proposal, points and contributions in effect and proposed."""
    before, latest = aliased(Assessment), aliased(Assessment)
    query = (
        select(
            Standing.enterprise_id,
            before.points.label("points_before"),
            before.contributions.label("contributions_before"),
            latest.points,
            latest.contributions,
        )
        .join(latest, latest.number == Standing.latest)
        .outerjoin(before, before.number == Standing.in_effect)
        .where(Standing.policy_id == policy_id, Standing.proposed)
    )
    return {row.enterprise_id: row for row in connection.execute(query)}


def _notice(proposal: Proposal, row: Any, policy: Policy, lang: Lang) -> list[object]:
    """One notice: who, from what to what, and what brings it."""
    words = {band.id: band.label.words[lang] for band in policy.bands}
    reasons = "; ".join(_reasons(row, policy, lang))
    before = words.get(str(proposal.band_in_effect), say(lang, "not_rated"))
    text = say(
        lang,
        "notice_text",
        who=proposal.name or proposal.enterprise_id,
        before=before,
        now=words[proposal.band],
        reasons=reasons,
        workdays=policy.worsening_notice_workdays,
    )
    cells = (proposal.enterprise_id, proposal.name or "")
    result = (before, words[proposal.band], row.points_before, row.points)
    return [*map(spreadsheet_cell, cells), proposal.pending.number, *result, reasons, spreadsheet_cell(text)]


def _reasons(row: Any, policy: Policy, lang: Lang) -> Iterator[str]:
    """What costs more than it did: each indicator with its points before and now."""
    before = {indicator: points for indicator, points, _ in json.loads(row.contributions_before or "[]")}
    better = 1 if policy.higher_is_better else -1
    for indicator_id, points, _unknown in json.loads(row.contributions):
        if better * points < better * before.get(indicator_id, 0):
            label = policy.indicator(indicator_id).label.words[lang]
            yield say(lang, "notice_reason", label=label, before=before.get(indicator_id, 0), now=points)


def serve_receipts(database: Database, version: ResolvedPolicy, file: Path, actor: str, clock: Clock) -> int:
    """Puts the services of a file of receipts on file, all or none.

    Args:
        database: The store.
        version: The policy.
        file: CSV with the columns ``RECEIPT``.
        actor: Who enters them.
        clock: The time.

    Returns:
        How many.

    Raises:
        InputError: A column is missing, or a row does not fit a proposal; the line is named.
    """
    receipts = list(_receipts(file))
    with begin_writing(database, actor, clock) as writing:
        today = day_in_china(clock())
        numbers = {
            proposal.enterprise_id: proposal.pending.number
            for proposal in proposals(writing.connection, version)
        }
        for line, receipt in receipts:
            try:
                step = _service(receipt)
                # A receipt of an earlier notice tells nothing of the present one.
                if str(numbers.get(step.enterprise_id)) != receipt["proposal"].strip():
                    raise StoreError("proposal_not_open", enterprise_id=step.enterprise_id)
                put_step(writing, version, step, today)
            except SiseError as error:
                raise InputError(
                    "receipt_unusable", file=str(file), line=line, reason=error.words, because=error.code
                ) from error
    return len(receipts)


def _receipts(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a file of receipts, each with its line."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in RECEIPT if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                "receipt_columns_missing", file=str(file), missing=missing, expected=list(RECEIPT)
            )
        for row in reader:
            yield reader.line_num, {name: (value or "").strip() for name, value in row.items() if name}


def _service(receipt: Mapping[str, str]) -> NewStep:
    """The step that a receipt tells of.

    Raises:
        InputError: Its day is none.
        UsageError: It misses what a service needs.
    """
    try:
        on = date.fromisoformat(receipt["served_on"])
    except ValueError as error:
        raise InputError("receipt_day_unreadable", day=receipt["served_on"]) from error
    step = NewStep(
        kind="served",
        enterprise_id=receipt["enterprise_id"],
        ground=receipt["proof"],
        document=receipt.get("document") or None,
        on=on,
        how=receipt["how"],
        witness=receipt.get("witness") or None,
    )
    require_complete(step)
    return step
