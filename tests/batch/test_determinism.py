"""The same records give the same bytes, whatever the threads, the order of rows or the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from districts import AS_OF, District

from scoring.assess.folder import BatchOptions, score_sources
from scoring.records.map.sources import SourceSpec

TABLES = ("scores", "contributions", "enterprises", "records")
OUTPUTS = (*(f"{table}.parquet" for table in TABLES), "policy.toml")
# Rejects name rows by their number: they are the same for the same files in the same order.
WITH_REJECTS = (*OUTPUTS, "rejects.csv")
HASH_SEEDS = [str(number) for number in range(5 if "SISE_ENTERPRISES" in os.environ else 2)]
"""Without a seed, and with some; each takes a process of its own, of which a campaign starts more."""
AGAIN = """
import sys
from datetime import date
from pathlib import Path
from scoring.assess.folder import score_sources
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
source, out, day = Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3])
score_sources([SourceSpec("canonical", source)], load_policy("quzhou-demo", day), day, out)
"""


def outputs(folder: Path, names: tuple[str, ...] = OUTPUTS) -> dict[str, bytes]:
    """The bytes of every file that must not differ."""
    return {name: (folder / name).read_bytes() for name in names}


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_matter(district: District, tmp_path: Path, threads: int) -> None:
    """A second run on one or two threads writes the same bytes."""
    source = SourceSpec("canonical", district.sources)
    score_sources([source], district.version, AS_OF, tmp_path / "again", BatchOptions(threads=threads))
    assert outputs(district.results, WITH_REJECTS) == outputs(tmp_path / "again", WITH_REJECTS)


@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_does_not_matter(district: District, tmp_path: Path, seed: int) -> None:
    """Shuffled input rows give the same bytes."""
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    for name in ("enterprises", "records"):
        frame = pd.read_parquet(district.sources / f"{name}.parquet", dtype_backend="pyarrow")
        order = np.random.default_rng(seed).permutation(len(frame))
        frame.iloc[order].to_parquet(shuffled / f"{name}.parquet", index=False)
    score_sources([SourceSpec("canonical", shuffled)], district.version, AS_OF, tmp_path / "again")
    assert outputs(district.results) == outputs(tmp_path / "again")


@pytest.mark.parametrize("hash_seed", HASH_SEEDS)
def test_hash_seed_does_not_matter(district: District, tmp_path: Path, hash_seed: str) -> None:
    """Another ``PYTHONHASHSEED`` gives the same bytes."""
    arguments = [str(district.sources), str(tmp_path / "again"), AS_OF.isoformat()]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", AGAIN, *arguments], check=True, env=environment)
    assert outputs(district.results, WITH_REJECTS) == outputs(tmp_path / "again", WITH_REJECTS)


def test_its_own_output_is_a_source(district: District, tmp_path: Path) -> None:
    """Scoring the clustered files of a result gives the same scores.

    They are a canonical source of their own.
    """
    source = tmp_path / "clustered"
    source.mkdir()
    for name in ("enterprises.parquet", "records.parquet"):
        (source / name).write_bytes((district.results / name).read_bytes())
    score_sources([SourceSpec("canonical", source)], district.version, AS_OF, tmp_path / "again")
    assert outputs(district.results) == outputs(tmp_path / "again")
