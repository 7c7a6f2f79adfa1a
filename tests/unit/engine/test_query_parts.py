"""A query for Spark is taken apart at its named parts, and the parts give back the query."""

from __future__ import annotations

import pytest

from scoring.engine.compile import sql
from scoring.engine.query_parts import MOST_READINGS, QueryPart, parts_of
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy


def test_parts_and_what_is_asked_of_them() -> None:
    """Parentheses within parts, texts and names are none of the query's own."""
    query = (
        "WITH `a` AS (SELECT ')' AS `(`, (1) AS n FROM `records` AS `t`), `b` AS (SELECT 1) SELECT * FROM `b`"
    )
    parts, last = parts_of(query)
    assert (
        QueryPart("a", "SELECT ')' AS `(`, (1) AS n FROM `records` AS `t`", is_wide=False),
        QueryPart("b", "SELECT 1", is_wide=False),
    ) == parts
    assert "SELECT * FROM `b`" == last


def test_a_query_without_parts() -> None:
    """It is asked as it is."""
    assert ((), "SELECT 1 AS n") == parts_of("SELECT 1 AS n")


def test_a_parenthesis_that_nothing_closes() -> None:
    """It is an error, not a shorter query."""
    with pytest.raises(ValueError, match="nothing closes"):
        parts_of("WITH `a` AS (SELECT (1 SELECT * FROM `a`")


def test_what_reads_many_tables_is_computed_once() -> None:
    """A part that would come to read more than a few tables is, and counts as one from then on."""
    names = ("a", "b", "c", "d")
    twice = ", ".join(
        f"`{name}` AS (SELECT * FROM `{before}` JOIN `{before}` USING (n))"
        for before, name in zip(("records", *names), names, strict=False)
    )
    parts, _last = parts_of(f"WITH {twice} SELECT * FROM `d`")
    assert [False, False, True, False] == [part.is_wide for part in parts]


@pytest.mark.parametrize(
    "version", list_policies(), ids=lambda version: f"{version.policy.id}@{version.policy.version}"
)
def test_the_parts_are_the_query(version: ResolvedPolicy) -> None:
    """Put together again the parts of every shipped policy are its query, and none reads the records too often."""
    query = sql(version, "pyspark", frozenset())
    parts, last = parts_of(query)
    opening = ", ".join(f"`{part.name}` AS ({part.text})" for part in parts)
    assert query == (f"WITH {opening} {last}" if parts else last)
    assert "`case_records`" in query
    if version.law.relations is not None:
        assert any(part.is_wide for part in parts)


def test_without_relations_nothing_is_kept() -> None:
    """Two parts that read the records once each are cheaper to write out than to keep."""
    parts, _last = parts_of(sql(load_policy("nyc-grades", None), "pyspark", frozenset()))
    assert parts and not any(part.is_wide for part in parts)
    assert MOST_READINGS > len(parts)
