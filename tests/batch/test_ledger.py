"""Every trap that the generator planted is treated as its ledger says."""

from __future__ import annotations

import csv

import pandas as pd
from districts import AS_OF, District

from scoring.engine.duckdb import Clustered, DuckEngine


def test_every_trap_is_treated_as_the_ledger_says(district: District) -> None:
    """Counted, excluded, merged, rejected, warned of or not rated.

    Each line of the ledger holds.
    """
    ledger = pd.read_csv(district.sources / "ledger.csv", dtype=str, keep_default_na=False)
    with (district.results / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rejected = {(row["value"], row["code"]) for row in csv.DictReader(file)}
    codes = {code for _, code in rejected}
    scores = pd.read_parquet(district.results / "scores.parquet")
    status = scores.set_index("enterprise_id")["status_reason"]
    excluded = _excluded(district, set(ledger["enterprise_id"]))
    lines = ledger.to_dict("records")
    assert [] == [line for line in lines if not _holds(line, excluded, codes, status)]
    assert len(set(ledger["trap"])) >= 15


def _holds(
    line: dict[str, str], excluded: dict[str, set[str | None]], codes: set[str], status: pd.Series
) -> bool:
    outcome, _, detail = line["expect"].partition(":")
    record = line["record_id"]
    if outcome == "excluded":
        return detail in excluded.get(record, set())
    if outcome in ("counted", "merged"):
        return None in excluded.get(record, set()) or any(
            None in seen for name, seen in excluded.items() if name.startswith(f"{record}@")
        )
    if outcome == "rejected":
        return record not in excluded and detail in codes
    if outcome == "not_rated":
        return bool(status[line["enterprise_id"]] == detail)
    return outcome == "warning" and line["enterprise_id"] in status.index


def _excluded(district: District, enterprise_ids: set[str]) -> dict[str, set[str | None]]:
    """By record id: the rules that dropped its versions; ``None`` where one counted."""
    covers = frozenset(district.run["covers"])  # type: ignore[call-overload]
    enterprises, records = (district.results / f"{name}.parquet" for name in ("enterprises", "records"))
    rules: dict[str, set[str | None]] = {}
    with DuckEngine() as engine:
        files = engine.files(Clustered(enterprises, records, covers))
        tables = engine.memory(files, sorted(enterprise_ids))
        for enterprise_id in sorted(enterprise_ids):
            for trace in engine.trace(district.version, enterprise_id, AS_OF, tables):
                rules.setdefault(trace["record_id"], set()).add(trace["excluded"])
    return rules
