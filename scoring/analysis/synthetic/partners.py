"""Records that stand in relation to others: re-checks, orders after visits, second reports, mergers, masking.

They are drawn apart from the streams, so that what a seed gave before it still gives.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scoring.analysis.synthetic.columns import Column, Ints, Rng, after
from scoring.analysis.synthetic.plan import Chunk

OPEN_RESULTS = ("problem", "violation")
SHORT_NAME, LONG_NAME = "市场监管局", "市场监督管理局"
"""A bureau as one reports it, and as another one spells it."""
REPORTED, RECHECKED, FAILED, BY_DOCUMENTS = 0.30, 0.45, 0.18, 0.25
"""Of open findings those reported as mended and those checked again; of the checks those failed or by documents."""
ORDERED, PUNISHED = 0.22, 0.35
"""Of open findings those that lead to an order, and of these those that lead to a penalty in the end."""
TWICE, MASKED, MERGED = 0.03, 0.01, 0.002
"""Penalties of the market bureau that are reported under two names, penalties masked, enterprises that took over another."""
WAIT = (15, 60)
"""Days until a re-check, an order or a penalty follows."""


def with_partners(chunk: Chunk, history: pd.DataFrame) -> pd.DataFrame:
    """The records of a chunk, some of them changed, followed by those that stand in relation to them.

    Args:
        chunk: The chunk.
        history: Canonical records without ids, in the order of their serial numbers.
    """
    rng, records = chunk.rng(5), history.copy()
    is_open = (records["kind"] == "inspection") & records["result"].isin(OPEN_RESULTS)
    findings = np.flatnonzero(is_open.to_numpy())
    _report_mending(rng, chunk, records, _some(rng, findings, REPORTED))
    new = [_rechecks(rng, chunk, records, _some(rng, findings, RECHECKED))]
    new += _orders_and_penalties(rng, chunk, records, _some(rng, findings, ORDERED))
    new.append(_second_reports(rng, records))
    _mask(rng, chunk, records)
    new.append(_successions(rng, chunk, records))
    added = pd.concat(new, ignore_index=True)
    # What would have happened after the day of the district has not happened.
    return pd.concat([records, added[_happened(added, chunk)]], ignore_index=True)


def _some(rng: Rng, rows: Ints, share: float) -> Ints:
    return rows[rng.random(len(rows)) < share]


def _later(rng: Rng, days: Column, span: tuple[int, int] = WAIT) -> Column:
    day = np.asarray(days, dtype="datetime64[D]")
    return after(day, rng.integers(*span, len(day)))


def _happened(records: pd.DataFrame, chunk: Chunk) -> Column:
    day = records["decided_on"].fillna(records["occurred_on"])
    return (day.to_numpy(dtype="datetime64[D]") <= chunk.as_of).astype(bool)


def _report_mending(rng: Rng, chunk: Chunk, records: pd.DataFrame, rows: Ints) -> None:
    """Sets the day on which the enterprise reported that a finding is mended, unless it lies ahead."""
    days = _later(rng, records["occurred_on"].to_numpy()[rows], (3, 30))
    has_happened = days <= chunk.as_of
    column = records["mended_on"].to_numpy(dtype="datetime64[D]").copy()
    column[rows[has_happened]] = days[has_happened]
    records["mended_on"] = column


def _rechecks(rng: Rng, chunk: Chunk, records: pd.DataFrame, rows: Ints) -> pd.DataFrame:
    """Follow-ups of findings, some of them by documents, some of them failed."""
    checks = _copied(records, rows, ("enterprise_id", "field", "authority", "source", "scope"))
    day = _later(rng, records["occurred_on"].to_numpy()[rows])
    by_documents = rng.random(len(rows)) < BY_DOCUMENTS
    failed = ~by_documents & (rng.random(len(rows)) < FAILED)
    checks["kind"] = _chosen(by_documents, "mending_check", "inspection")
    checks["result"] = _chosen(failed, "problem", "no_problem")
    checks["severity"] = pd.array(records["severity"].to_numpy()[rows], dtype="str")
    checks.loc[~failed, "severity"] = None
    checks["occasion"] = _chosen(by_documents, None, "followup")
    checks["occurred_on"], checks["known_on"] = day, after(day, rng.integers(1, 8, len(rows)))
    return checks


def _orders_and_penalties(rng: Rng, chunk: Chunk, records: pd.DataFrame, rows: Ints) -> list[pd.DataFrame]:
    """Orders that rest on the number of a visit, and penalties that rest on the number of an order."""
    numbers = [f"虚检〔{chunk.index:04d}〕{row:07d}号" for row in rows]
    column = records["document_no"].to_numpy(dtype=object).copy()
    column[rows] = numbers
    records["document_no"] = pd.array(column, dtype="str")
    orders = _following(rng, records, rows, "rectification_order", numbers, "虚改")
    punished = np.flatnonzero(rng.random(len(rows)) < PUNISHED)
    order_numbers = orders["document_no"].to_numpy()[punished]
    penalties = _following(rng, orders, punished, "administrative_penalty", list(order_numbers), "虚罚")
    penalties["info_class"] = penalties["severity"]
    penalties["served_on"] = after(penalties["decided_on"].to_numpy(dtype="datetime64[D]"), 3)
    penalties["final_on"] = after(penalties["served_on"].to_numpy(dtype="datetime64[D]"), 184)
    penalties["procedure"], penalties["contest"] = "ordinary", "none"
    penalties["amount_fen"] = pd.array(rng.integers(31, 400, len(penalties)) * 10_000, dtype="Int64")
    return [orders, penalties]


def _following(
    rng: Rng, records: pd.DataFrame, rows: Ints, kind: str, basis: Sequence[str], mark: str
) -> pd.DataFrame:
    """Decisions that follow some records and name them."""
    decisions = _copied(records, rows, ("enterprise_id", "field", "authority", "severity", "source", "scope"))
    before = records["decided_on"].fillna(records["occurred_on"]).to_numpy()[rows]
    day = _later(rng, before)
    decisions["kind"], decisions["decided_on"] = kind, day
    decisions["known_on"] = after(day, rng.integers(1, 8, len(rows)))
    decisions["basis_document_no"] = pd.array(list(basis), dtype="str")
    numbers = [f"{mark}〔2026〕{str(number)[-12:-1]}号" for number in basis]
    decisions["document_no"] = pd.array(numbers, dtype="str")
    return decisions


def _second_reports(rng: Rng, records: pd.DataFrame) -> pd.DataFrame:
    """Penalties that come a second time, under another name of their bureau and with other brackets."""
    ours = (records["kind"] == "administrative_penalty") & records["authority"].str.endswith(SHORT_NAME)
    rows = _some(rng, np.flatnonzero(ours.fillna(False).to_numpy(dtype=bool)), TWICE)
    reports = records.take(rows).copy()
    reports["authority"] = reports["authority"].str.replace(SHORT_NAME, LONG_NAME)
    reports["document_no"] = reports["document_no"].str.replace("〔", "[").str.replace("〕", "]")
    return reports


def _mask(rng: Rng, chunk: Chunk, records: pd.DataFrame) -> None:
    """Hides some penalties, as a court in restructuring does."""
    rows = _some(rng, np.flatnonzero((records["kind"] == "administrative_penalty").to_numpy()), MASKED)
    days = _later(rng, records["decided_on"].to_numpy()[rows], (30, 300))
    column = records["masked_from"].to_numpy(dtype="datetime64[D]").copy()
    column[rows] = np.where(days <= chunk.as_of, days, np.datetime64("NaT", "D"))
    records["masked_from"] = column


def _successions(rng: Rng, chunk: Chunk, records: pd.DataFrame) -> pd.DataFrame:
    """Mergers: an enterprise takes over another one of the chunk, on the day of some record of its own."""
    count = max(1, int(records["enterprise_id"].nunique() * MERGED))
    rows, others = rng.integers(0, len(records), (2, count))
    mergers = _copied(records, rows, ("enterprise_id", "source", "scope"))
    day = records["decided_on"].fillna(records["occurred_on"]).to_numpy()[rows]
    mergers["refers_to"] = records["enterprise_id"].array.take(others)
    mergers["kind"], mergers["result"], mergers["field"] = "succession", "merger", "market"
    mergers["decided_on"], mergers["known_on"] = day, after(day, 3)
    mergers["authority"] = "衢州市虚构" + SHORT_NAME
    return mergers


def _copied(records: pd.DataFrame, rows: Ints, columns: Sequence[str]) -> pd.DataFrame:
    """As many empty records, with some columns of the rows that they stand in relation to."""
    empty = records.iloc[:0].reindex(range(len(rows)))
    copied = empty.astype(records.dtypes.to_dict())
    for column in columns:
        copied[column] = records[column].array.take(rows)
    return copied


def _chosen(where: Column, yes: str | None, no: str | None) -> Column:
    return pd.array([yes if one else no for one in where], dtype="str")
