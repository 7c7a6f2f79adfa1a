"""The same facts in any order, in any batches, twice, from two writers at once:
one digest of facts and colours.
"""

from __future__ import annotations

import os
import random
import threading
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from stores import DAY, StoreHarness, ready, remove

from scoring.store.tables import migrate
from scoring.store.tables.database import Database

SHUFFLES = int(os.environ.get("SISE_SHUFFLES", "3"))
"""A campaign sets 1,000."""
FACTS = 160


@pytest.fixture(scope="module")
def facts(district: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Enterprises and records of a small part of the district, rows that contradict each other
    left out; a correction for every tenth.
    """
    enterprises = pd.read_parquet(district / "enterprises.parquet", dtype_backend="pyarrow").drop_duplicates(
        "enterprise_id", keep=False
    )
    records = pd.read_parquet(district / "records.parquet", dtype_backend="pyarrow").drop_duplicates(
        "record_id", keep=False
    )
    days = records.select_dtypes("date32[day][pyarrow]").fillna(pd.Timestamp(DAY - timedelta(days=2)).date())
    is_past = (days < (DAY - timedelta(days=1))).all(axis=1)
    listed = records["enterprise_id"].isin(set(enterprises["enterprise_id"]))
    some = records[listed & records["known_on"].notna() & is_past][:FACTS]
    later = some[::10].assign(severity="minor")
    later["known_on"] = later["known_on"] + pd.Timedelta(days=1)
    wanted = set(some["enterprise_id"])
    parents = set(enterprises[enterprises["enterprise_id"].isin(wanted)]["parent_id"].dropna())
    return enterprises[enterprises["enterprise_id"].isin(wanted | parents)], pd.concat([some, later])


def batches(facts: tuple[pd.DataFrame, pd.DataFrame], folder: Path, seed: int) -> list[Path]:
    """The facts shuffled into up to five folders that overlap:
    enterprises come before or with their records.
    """
    chance, (enterprises, records) = random.Random(seed), facts
    order = records.sample(frac=1, random_state=seed)
    cuts = sorted(chance.sample(range(1, len(order)), chance.randint(1, 4)))
    # Each part begins within the one before it: overlaps must not matter.
    parts = [
        order[max(0, low - chance.randint(0, 20)) : high]
        for low, high in zip([0, *cuts], [*cuts, len(order)], strict=True)
    ]
    folders = []
    for number, part in enumerate(parts):
        path = folder / f"{seed}-{number}"
        path.mkdir()
        # The first brings everybody, so that no record is refused for its enterprise.
        mine = enterprises["enterprise_id"].isin(set(part["enterprise_id"]))
        listed = enterprises[mine] if number else enterprises
        listed.sample(frac=1, random_state=seed + number).to_parquet(
            path / "enterprises.parquet", index=False
        )
        part.to_parquet(path / "records.parquet", index=False)
        folders.append(path)
    return folders


def filled(address: str, folders: list[Path], writers: int) -> str:
    """Digest of a new store after these folders,
    from one writer in order or from several at once, scored.
    """
    harness = StoreHarness(Database(address))
    if migrate.revision(harness.database) is None:
        ready(harness.database, harness.clock)
    failed: list[BaseException] = []

    def work(mine: list[Path]) -> None:
        """Imports folders in this order."""
        try:
            for folder in mine:
                harness.take(folder)
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=work, args=(folders[writer:] + folders[:writer],))
        for writer in range(writers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == failed
    harness.score()
    digest = harness.digest()
    harness.database.close()
    return digest


def test_any_order_gives_one_digest(facts: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    """Shuffled, cut, overlapping, twice and by two writers at once,
    the facts and colours are those of one file.
    """
    enterprises, records = facts
    (tmp_path / "whole").mkdir()
    enterprises.to_parquet(tmp_path / "whole" / "enterprises.parquet", index=False)
    records.to_parquet(tmp_path / "whole" / "records.parquet", index=False)
    expected = filled(str(tmp_path / "whole.db"), [tmp_path / "whole"], 1)
    different = []
    for seed in range(SHUFFLES):
        folders = batches(facts, tmp_path, seed)
        file = tmp_path / f"{seed}.db"
        if expected != filled(str(file), [*folders, folders[0]], 1 + seed % 2):
            different.append(seed)
        for path in tmp_path.glob(f"{seed}.db*"):
            remove(path)
    print(f"\n{SHUFFLES} shuffles of {len(records)} records, different digests: {len(different)}")
    assert [] == different


def test_two_writers_on_any_database(
    empty: StoreHarness, facts: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    """Two writers with the same folders in other orders, on either database,
    leave every version once.
    """
    address = empty.database.url.render_as_string(hide_password=False)
    folders = batches(facts, tmp_path, 7)
    filled(address, folders, 2)
    assert (
        len(facts[1])
        == empty.count("record_version")
        == empty.count("(SELECT DISTINCT record_id, known_on FROM record_version) d")
    )
