"""DataFrames pass a contract before they are read: faults are named by row, column and value."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from scoring.errors import InputError
from scoring.records import write_tables

CODE = "91350100M000100Y43"
FIRMS = pd.DataFrame({"enterprise_id": [CODE], "name": ["甲"]})


def facts(**columns: object) -> pd.DataFrame:
    base = {"record_id": ["R1", "R2"], "enterprise_id": [CODE, CODE], "kind": ["tax_arrears", "complaint"]}
    return pd.DataFrame(base | columns, index=[7, 7])


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (facts(authority=["局", 5]), "row 2, authority=5: expected a text"),
        (facts(amount_fen=[1, [2]]), r"row 2, amount_fen=\[2\]: expected a whole number"),
        (facts(decided_on=[date(2024, 1, 1), 20240101]), "row 2, decided_on=20240101: expected a date"),
        (facts(kind=["税", "Complaint"]), "row 1, kind=税: expected one of inspection, .*; and 1 more"),
        (facts(kind=["tax_arrears", "投诉举报"]), "expected the code 'complaint'"),
        (facts(autority=["局", "局"]), "unknown column 'autority'; did you mean 'authority'"),
        (facts(zzz=["局", "局"]), "unknown column 'zzz'; the columns are record_id"),
        (facts().drop(columns="kind"), "there is no column 'kind'"),
        (pd.concat([facts(), facts()[["kind"]]], axis=1), "'kind' is there twice"),
    ],
)
def test_faults_of_a_frame_are_named(frame: pd.DataFrame, said: str, tmp_path: Path) -> None:
    """A cell, code or column that does not fit is an input error in words, never an error of a library."""
    with pytest.raises(InputError, match=said) as caught:
        write_tables(FIRMS, frame, tmp_path)
    assert caught.value.zh and [] == list(tmp_path.iterdir())


def test_usual_frames_pass(tmp_path: Path) -> None:
    """Dates as dates, timestamps or text, mixed even, floats for whole amounts and an index of any kind are all read."""
    frame = facts(
        decided_on=[date(2024, 1, 1), pd.Timestamp("2024-01-02")],
        known_on=pd.to_datetime(["2024-02-01", "2024-02-02"]),
        served_on=["2024-01-03", None],
        amount_fen=[5.0, None],
        severity=pd.Categorical(["minor", None]),
    )
    rows = pq.read_table(write_tables(FIRMS, frame, tmp_path).records).to_pylist()
    assert [(date(2024, 1, 1), 5, "minor"), (date(2024, 1, 2), None, None)] == [
        (row["decided_on"], row["amount_fen"], row["severity"]) for row in rows
    ]
