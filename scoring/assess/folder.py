"""Scores a whole district into a folder: sources in, ``scores.parquet`` and its companions out.

The folder is written beside its place and renamed when it is complete (``scoring.disk``).
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any, Literal

from scoring.assess.fictitious_rows import holds_fictitious
from scoring.assess.not_looked_at import NOT_LOOKED_AT, list_not_looked_at
from scoring.assess.prior_file import read_prior
from scoring.assess.results_writer import Tally, write_results
from scoring.disk import SCRATCH, atomic_folder, refuse_foreign
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import Intake, id_ranges, read_sources
from scoring.records.map.sources import SourceSpec

RUN = "run.json"
POLICY = "policy.toml"
PRIOR = "prior.parquet"
RANGE = 125_000
"""Enterprises scored at once: half of what the engine allows.

One range is written while the next is scored.
"""


@dataclass(frozen=True)
class BatchOptions:
    """How to run.

    Attributes:
        engine: Who computes.
        remote: Address of the Spark server.
        threads: Threads of DuckDB.
        memory: Memory of DuckDB.
        today: The clock's day: nothing that happened may lie after it; without one any day may.
        prior: File with the bands in effect (``prior_file.read_prior``).
        progress: Called with the stage and its share done.
    """

    engine: Literal["duckdb", "spark"] = "duckdb"
    remote: str | None = None
    threads: int = 2
    memory: str = "700MB"
    today: date | None = None
    prior: Path | None = None
    progress: Progress = silent


def score_sources(
    specs: Sequence[SourceSpec],
    version: ResolvedPolicy,
    as_of: date,
    out: Path,
    options: BatchOptions = BatchOptions(),
) -> dict[str, Any]:
    """Reads sources, clusters them, scores every enterprise and writes the result folder.

    Args:
        specs: Sources, each a map and a path.
        version: The policy; whether it is in force on ``as_of`` was settled by loading it.
        as_of: The day, at its end, Asia/Shanghai.
        out: Folder to write; an older result there is replaced, anything else is refused.
        options: How to run.

    Returns:
        What is written as ``run.json``.

    Raises:
        InputError: A source cannot be read, or ``out`` is not a result folder.
        EnvironmentRefusedError: The disk is full or the folder not writable.
    """
    # Before the work and not after it: a whole district may take minutes.
    refuse_foreign(out, RUN)
    clock = _Clock()
    with atomic_folder(out) as folder:
        with clock.stage("read"):
            intake = read_sources(
                specs,
                folder,
                today=options.today,
                threads=options.threads,
                progress=options.progress,
                relations=version.law.relations,
            )
        with clock.stage("score"):
            tally = score_intake(intake, version, as_of, folder, options)
        (folder / POLICY).write_text(version.text, encoding="utf-8")
        with clock.stage("count"):
            counted = _counted(intake, version, as_of, options)
            unseen = list_not_looked_at(intake.records, version, folder / NOT_LOOKED_AT)
        run_facts: dict[str, Any] = {
            "as_of": as_of.isoformat(),
            "policy": _policy(version),
            "engine": options.engine,
            **_intake_numbers(intake),
            **_result_numbers(tally),
            **counted,
            "not_looked_at": unseen,
            "seconds": clock.seconds,
            "versions": _versions(),
        }
        with clock.stage("hash"):
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            run_facts["sha256"] = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
        run_text = json.dumps(run_facts, ensure_ascii=False, indent=2) + "\n"
        (folder / RUN).write_text(run_text, encoding="utf-8")
    return run_facts


def score_intake(
    intake: Intake, version: ResolvedPolicy, as_of: date, folder: Path, options: BatchOptions
) -> Tally:
    """Scores what was read, range by range, into the result files in ``folder``."""
    clustered = Clustered(intake.enterprises, intake.records, intake.covers)
    ranges = id_ranges(intake.enterprises, RANGE)
    with _open_engine(options, folder) as engine:
        tables = engine.files(clustered)
        if options.prior:
            prior_bands = read_prior(options.prior, version.policy, folder / PRIOR)
            tables = engine.with_prior(tables, prior_bands)
        reported = _reported(ranges, options.progress)
        decided_tables = engine.batch(version, as_of, intake.covers, tables, reported)
        return write_results(decided_tables, version, folder, changes=options.prior is not None)


def _counted(
    intake: Intake, version: ResolvedPolicy, as_of: date, options: BatchOptions
) -> dict[str, object]:
    """Records that did not count, by rule, and whether any of the enterprises is made up."""
    with DuckEngine(options.threads, options.memory) as engine:
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        excluded = engine.exclusions(version, as_of, tables)
        return {"excluded": excluded, "fictitious": holds_fictitious(intake.enterprises, engine)}


def _open_engine(options: BatchOptions, folder: Path) -> Any:
    if options.engine == "spark":
        # An extra: only who asks for Spark has it installed.
        from scoring.engine.spark import SparkEngine

        return SparkEngine(options.remote)
    return DuckEngine(options.threads, options.memory, folder / SCRATCH)


def _reported(ranges: Sequence[tuple[str, str]], progress: Progress) -> Iterator[tuple[str, str]]:
    for done, id_range in enumerate(ranges):
        progress("score", done / len(ranges))
        yield id_range
    progress("score", 1.0)


class _Clock:
    """Seconds per stage. Durations only: no result depends on them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measures the block under this name."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


def _policy(version: ResolvedPolicy) -> dict[str, str]:
    policy = version.policy
    return {
        "id": policy.id,
        "version": policy.version,
        "sha256": version.rules_sha256,
        "status": version.status,
    }


def _intake_numbers(intake: Intake) -> dict[str, Any]:
    return {
        "sources": {source_name: asdict(counts) for source_name, counts in intake.sources.items()},
        "enterprises": intake.n_enterprises,
        "records": intake.n_records,
        "covers": sorted(intake.covers),
    }


def _result_numbers(tally: Tally) -> dict[str, dict[str, int]]:
    return {
        "colours": {str(colour): count for colour, count in sorted(tally.colours.items(), key=str)},
        "bands": dict(sorted(tally.bands.items())),
        "not_rated": dict(sorted(tally.not_rated.items())),
    }


def _versions() -> dict[str, str]:
    packages = ("sise", "duckdb", "ibis-framework", "pyarrow", "numpy", "chinesecalendar")
    versions = {package: package_version(package) for package in packages}
    return {"python": platform.python_version(), **versions}


def _sha256(path: Path) -> str:
    with path.open("rb") as hashed_file:
        return hashlib.file_digest(hashed_file, "sha256").hexdigest()
