"""Receipts of notices of proposals that come back from the gateway that served them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from scoring.administration.casework.filing import Desk
from scoring.administration.casework.proposal_steps import require_complete, review_proposal
from scoring.errors import InputError, SiseError, StoreError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.case_steps import NewStep, insert_step
from scoring.store.standing.open_proposals import proposals
from scoring.store.standing.policies import require_usable
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, begin_writing, day_in_china

RECEIPT = ("enterprise_id", "proposal", "how", "served_on", "proof")
"""Columns of a receipt; ``witness`` and ``document`` may follow."""


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
    desk = Desk(database, version, actor, clock)
    with begin_writing(database, actor, clock) as writing:
        today = day_in_china(clock())
        require_usable(writing.connection, version, today)
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
                filed = review_proposal(writing.connection, desk, step, writing.actor)
                number = insert_step(writing, version.policy.id, filed.steps[0], today, filed.assessment)
                writing.log(filed.log_kind, {"assessment": filed.assessment, "step": number})
            except SiseError as error:
                raise InputError(
                    "receipt_unusable",
                    file=str(file),
                    line=line,
                    reason=error.words,
                    because=error.code,
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
            yield (
                reader.line_num,
                {name: (value or "").strip() for name, value in row.items() if name},
            )


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
