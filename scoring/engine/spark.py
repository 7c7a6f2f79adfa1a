"""Spark through Spark Connect: the same expression where one machine is outgrown.

The address names an existing cluster (``sc://host:15002``); the clustered files must be readable
there under the same path. Tests run it against Apache Spark and against Sail, which needs no JVM.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
from grpc import StatusCode

from scoring.engine.cases import Relations, Views, batch_views
from scoring.engine.compile import PARTNERS, sql
from scoring.engine.duckdb import Clustered, file_relations
from scoring.engine.query_parts import QueryParts, parts_of
from scoring.errors import EnvironmentRefusedError, UsageError
from scoring.policy.resolved import ResolvedPolicy

with warnings.catch_warnings():
    # of a pandas newer than the one that Spark was tried with; frames of pandas are not used here
    warnings.simplefilter("ignore", FutureWarning)
    from pyspark.errors import AnalysisException, PySparkException
    from pyspark.errors.exceptions.connect import SparkConnectGrpcException
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client.retries import DefaultPolicy

# What the cluster says is said by our refusals; the client would print it before them, as a page of JSON.
PySparkLogger.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)

_PATIENCE = DefaultPolicy(max_retries=4, initial_backoff=200, max_backoff=4_000)
"""A call is tried again for about ten seconds; Spark's own ten minutes would look like a hang."""
_STACK = re.compile(r"\s*(JVM stacktrace:|== SQL|SQLSTATE:).*", re.DOTALL)
_DETAILS = re.compile(r'details = "((?:[^"\\]|\\.)*)"')
_LONGEST_REASON = 300


class SparkEngine:
    """A Spark Connect session.

    Stop it before its server: a session that outlives the server waits for it at exit.

    Raises:
        UsageError: No address was given, or one that is none.
        EnvironmentRefusedError: No server answers there. Each method raises it too: the cluster
            refused or failed the job, does not see the files, or no longer answers.
    """

    name = "spark"

    def __init__(self, remote: str | None) -> None:
        if not remote or not remote.startswith("sc://"):
            raise UsageError("spark_address_missing", got=remote)
        self._remote = remote
        with self._asking():
            try:
                self._spark = SparkSession.builder.remote(remote).create()
            except ValueError as error:
                raise UsageError("spark_address_missing", got=remote) from error
            self._spark.client.set_retry_policies([_PATIENCE])
            # Days are days of no zone; a session in another zone would shift them.
            self._spark.conf.set("spark.sql.session.timeZone", "UTC")
            self._spark.sql("SELECT 1").collect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A server that is gone is not asked twice to end the session.
        self._spark.client.set_retry_policies([])
        with _without_retry_warnings():
            self._spark.stop()

    def files(self, clustered: Clustered) -> Relations:
        """The clustered files as relations."""
        return replace(file_relations(clustered, _rows_in), dialect="pyspark")

    def with_prior(self, tables: Relations, prior: pa.Table) -> Relations:
        """The relations with bands in effect."""
        with self._asking():
            self._spark.createDataFrame(prior).createOrReplaceTempView("prior_bands")
        return replace(tables, prior="prior_bands")

    def batch(
        self,
        resolved: ResolvedPolicy,
        as_of: date,
        covers: frozenset[str],
        tables: Relations,
        ranges: Iterable[tuple[str, str]],
    ) -> Iterator[pa.Table]:
        """The expression's rows for each range of enterprise ids, ordered by case."""
        query = parts_of(f"{sql(resolved, 'pyspark', covers)} ORDER BY case_id")
        for id_range in ranges:
            yield self._rows(batch_views(resolved, as_of, tables, id_range), query)

    def _rows(self, views: Views, query: QueryParts) -> pa.Table:
        with self._asking():
            self._view("case_enterprises", views.enterprises)
            self._view("case_records", views.records)
            self._view(PARTNERS, views.partners)
            for part in query.parts:
                self._view(part.name, part.text, computed_once=part.is_wide)
            return self._spark.sql(query.last).toArrow()

    def _view(self, name: str, text: str, computed_once: bool = False) -> None:
        rows = self._spark.sql(text)
        if computed_once:
            # A server that keeps no results between queries computes the part wherever it is named.
            with suppress(AnalysisException):
                rows = rows.localCheckpoint()
        rows.createOrReplaceTempView(name)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Says what the cluster answers to a call in our own words."""
        try:
            with _without_retry_warnings():
                yield
        except PySparkException as error:
            raise _refusal(error, self._remote) from error


@contextmanager
def _without_retry_warnings() -> Iterator[None]:
    """Keeps the client from printing that it gave up: the refusal says it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
        yield


def _rows_in(files: Sequence[Path]) -> str:
    """Files as a relation; several are all that their folder holds."""
    return _file(files[0] if len(files) == 1 else files[0].parent)


def _file(path: Path) -> str:
    """A file or folder as a relation; Spark reads a name as a pattern, so the signs of patterns are escaped."""
    escaped = re.sub(r"[\\\[\]{}*?,]", r"\\\g<0>", str(path.resolve()))
    return f"parquet.`{escaped.replace('`', '``')}`"


def _refusal(error: PySparkException, remote: str) -> EnvironmentRefusedError:
    """The refusal of a call: nobody there, files unseen, or whatever else the cluster says."""
    message = error.getMessage() or str(error)
    details = _DETAILS.search(message)
    reason = _STACK.sub("", details[1] if details else message).strip().rstrip(".")[:_LONGEST_REASON]
    if isinstance(error, SparkConnectGrpcException) and error.getGrpcStatusCode() == StatusCode.UNAVAILABLE:
        return EnvironmentRefusedError("spark_unreachable", remote=remote, reason=reason)
    if error.getCondition() == "PATH_NOT_FOUND":
        return EnvironmentRefusedError("spark_files_unseen", remote=remote, reason=reason)
    return EnvironmentRefusedError("spark_failed", remote=remote, reason=reason)
