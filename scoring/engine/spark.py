"""Spark through Spark Connect: the same expression where one machine is outgrown.

The address names an existing cluster (``sc://host:15002``); the clustered files must be readable
there under the same path. Tests run it against Sail, a Spark Connect server without a JVM.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from types import TracebackType
from typing import Self

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from scoring.engine.cases import Relations, Views, batch_views
from scoring.engine.compile import sql
from scoring.engine.duckdb import Clustered
from scoring.errors import EnvironmentRefusedError, UsageError
from scoring.policy.resolved import ResolvedPolicy


class SparkEngine:
    """A Spark Connect session.

    Stop it before its server: a session that outlives the server hangs at exit.

    Raises:
        UsageError: No address was given.
        EnvironmentRefusedError: No server answers there.
    """

    name = "spark"

    def __init__(self, remote: str | None) -> None:
        if not remote or not remote.startswith("sc://"):
            raise UsageError("spark_address_missing", got=remote)
        try:
            self._spark = SparkSession.builder.remote(remote).create()
            # Days are days of no zone; a session in another zone would shift them.
            self._spark.conf.set("spark.sql.session.timeZone", "UTC")
            self._spark.sql("SELECT 1").collect()
        except PySparkException as error:
            raise EnvironmentRefusedError("spark_server_missing", remote=remote) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spark.stop()

    def files(self, clustered: Clustered) -> Relations:
        """The clustered files as relations."""
        enterprises, records = clustered.enterprises.resolve(), clustered.records.resolve()
        return Relations(f"parquet.`{enterprises}`", f"parquet.`{records}`", dialect="pyspark")

    def with_prior(self, tables: Relations, prior: pa.Table) -> Relations:
        """The relations with bands in effect."""
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
        query = f"{sql(resolved, 'pyspark', covers)} ORDER BY case_id"
        for id_range in ranges:
            yield self._rows(batch_views(resolved, as_of, tables, id_range), query)

    def _rows(self, views: Views, text: str) -> pa.Table:
        self._spark.sql(views.enterprises).createOrReplaceTempView("case_enterprises")
        self._spark.sql(views.records).createOrReplaceTempView("case_records")
        return self._spark.sql(text).toArrow()
