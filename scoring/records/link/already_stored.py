"""What of a source a store holds already, what contradicts it, and which enterprises have changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RECORD_COLUMNS
from scoring.records.link.resolve import COLUMNS, KEYS, NOT_ASSUMED, Fact, count_rows, has_rows
from scoring.records.map.document_numbers import document_key, number_key
from scoring.records.map.kinds import equated_result
from scoring.records.map.source_map import SourceMap
from scoring.sql.connect import connect
from scoring.sql.literals import literal

UNDATED = ("enterprise_id", "source", "known_on", "known_until")
"""Columns that do not tell whether an enterprise that is listed without a day has changed."""


STORED_MEANING = {
    # A fact of before there were occasions is the same fact when its source tells them.
    "occasion": "h.occasion IS NULL",
    # What nobody stated was stored as a company that is active, or as another organisation.
    "status": "(h.status = 'active' AND t.status IS NULL)",
    "entity_type": "(h.entity_type IN ('company', 'other') AND t.entity_type IS NULL)",
    "result": f"{equated_result('h.kind', 'h.result')} IS NOT DISTINCT FROM t.result",
    "act_id": f"{number_key('h.act_id')} IS NOT DISTINCT FROM {number_key('t.act_id')}",
}
"""Columns that were read otherwise once: when the stored version ``h`` means what the given ``t`` says."""


LATEST = "known_on DESC NULLS LAST, seq DESC"
"""Versions of a record, the one that holds now first."""
NOT_COMPARED = ("record_id", "source", "known_on", "known_until")
"""Columns of which a difference is no change of what a record says."""


class Revision(NamedTuple):
    """How rows are compared with the store whose day of becoming known is only assumed.

    Attributes:
        assumed: Which rows these are, in SQL over ``_rid``.
        given: The canonical columns that the map makes: others are not denied by their absence.
        accept: Whether what such a row says anew is a correction, known from the day of the import.
    """

    assumed: str = NOT_ASSUMED
    given: tuple[str, ...] = ()
    accept: bool = False


def columns_given(source: SourceMap) -> tuple[str, ...]:
    """The canonical columns that the emits of records make, but those that are not compared."""
    given = {"act_id"}
    for emit in source.emit:
        given |= set(RECORD_COLUMNS if emit.columns == "same" else emit.columns)
    return tuple(column for column in RECORD_COLUMNS if column in given and column not in NOT_COMPARED)


class FactStore(Protocol):
    """What a store holds of some ids."""

    def versions(self, fact: Fact, ids: pa.Table) -> Iterable[pa.Table]:
        """All versions of these ids: ``seq``, canonical columns, the number of their log entry
        (``event``), whether a file brought it (``by_file``), and ``created`` of enterprises.

        Args:
            fact: ``enterprises`` or ``records``.
            ids: The ids, in one column.
        """
        ...

    def known(self, ids: pa.Table) -> pa.Table:
        """Those of the enterprise ids that the store knows."""
        ...

    def of_source(self, source: str) -> pa.Table:
        """The records of a source that are not withdrawn: ``record_id`` and ``enterprise_id``."""
        ...


def merge_stored(
    connection: Connection, fact: Fact, store: FactStore, revision: Revision = Revision()
) -> int:
    """Adds to ``merged_<fact>`` what the store holds, and to ``fault`` what contradicts it.

    Args:
        connection: Connection on which the versions of ``given_<fact>`` are resolved.
        fact: ``enterprises`` or ``records``.
        store: The store.
        revision: How rows are compared whose day of becoming known is assumed.

    Returns:
        Number of given versions that the store holds.
    """
    _fetch_stored(connection, fact, store)
    if not has_rows(connection, f"stored_{fact}"):
        return 0
    id_column = KEYS[fact]
    unmerged = f"SELECT t.* FROM given_{fact} t ANTI JOIN merged_{fact} g USING (_rid)"
    connection.execute(
        f"""
        CREATE TABLE unchanged_{fact} AS
        SELECT t._rid
        FROM ({unmerged}) t
        SEMI JOIN stored_given_{fact} h ON h.{id_column} = t.{id_column} AND {_says_the_same(fact, revision)}
        """
    )
    if fact == "enterprises":
        _find_changed_enterprises(connection, unmerged)
    elif revision.accept:
        _find_corrections(connection, unmerged, revision)
    same_day = f"(h.known_on IS NOT DISTINCT FROM t.known_on OR {revision.assumed.replace('_rid', 't._rid')})"
    connection.execute(
        f"""
        INSERT INTO fault
        SELECT t._rid, {literal(id_column)}, 'conflict', t.{id_column}
        FROM ({unmerged}) t
        ANTI JOIN unchanged_{fact} USING (_rid)
        ANTI JOIN changed_{fact} USING (_rid)
        SEMI JOIN stored_given_{fact} h ON h.{id_column} = t.{id_column} AND {same_day}
        """
    )
    connection.execute(f"INSERT INTO merged_{fact} SELECT _rid FROM unchanged_{fact}")
    if fact == "enterprises":
        connection.execute(
            f"""
            INSERT INTO merged_created
            SELECT t._rid
            FROM created_enterprises t
            SEMI JOIN (SELECT * FROM stored_enterprises WHERE created) h
                ON h.enterprise_id = t.enterprise_id AND {_same_content(fact)}
            """
        )
    return count_rows(connection, f"unchanged_{fact}")


def _find_corrections(connection: Connection, unmerged: str, revision: Revision) -> None:
    """Fills ``changed_records``: rows with an assumed day that say something new of a stored record."""
    connection.execute(
        f"""
        INSERT INTO changed_records
        SELECT _rid
        FROM ({unmerged})
        ANTI JOIN unchanged_records USING (_rid)
        SEMI JOIN stored_records USING (record_id)
        WHERE {revision.assumed}
        """
    )


def _fetch_stored(connection: Connection, fact: Fact, store: FactStore) -> None:
    """Makes ``stored_<fact>``, what the store holds of the given ids, and the tables beside it."""
    columns = ", ".join(COLUMNS[fact])
    connection.execute(
        f"""
        CREATE TABLE stored_{fact} AS
        SELECT 0::BIGINT AS seq, {columns}, 0::BIGINT AS event, FALSE AS by_file, FALSE AS created
        FROM given_{fact}
        LIMIT 0
        """
    )
    connection.execute(
        f"""
        CREATE VIEW stored_given_{fact} AS
        SELECT
            *,
            row_number() OVER (PARTITION BY {KEYS[fact]} ORDER BY {LATEST}) = 1 AS is_latest,
            by_file AND event = max(event) FILTER (by_file) OVER (PARTITION BY {KEYS[fact]}, source) AS said_last
        FROM stored_{fact}
        WHERE NOT created
        """
    )
    connection.execute(f"CREATE TABLE changed_{fact} (_rid BIGINT)")
    ids_query = f"SELECT {KEYS[fact]} FROM given_{fact}"
    created = "FALSE AS created"
    if fact == "enterprises":
        connection.execute("CREATE TABLE merged_created (_rid BIGINT)")
        ids_query += " UNION SELECT enterprise_id FROM created_enterprises"
        created = "created"
    given_ids = connection.execute(f"SELECT DISTINCT {KEYS[fact]} FROM ({ids_query})").to_arrow_table()
    for versions in store.versions(fact, given_ids):
        connection.register("stored_batch", versions)
        connection.execute(
            f"""
            INSERT INTO stored_{fact} BY NAME
            SELECT seq, {columns}, event, by_file, {created}
            FROM stored_batch
            """
        )
        connection.unregister("stored_batch")


def _says_the_same(fact: Fact, revision: Revision) -> str:
    """Whether ``h`` says what ``t`` says; of a row with an assumed day, in what its map gives.

    Such a row says nothing of when it became known, so it must say what the latest version says, or
    what its source said when a file of it last spoke of the record: who goes back to an earlier value
    says something new.
    """
    same_content = _same_content(fact)
    if fact == "enterprises" or revision.assumed == NOT_ASSUMED:
        return same_content
    same_given = " AND ".join(map(_agrees, ("enterprise_id", *revision.given)))
    is_assumed = revision.assumed.replace("_rid", "t._rid")
    last_word = "(h.is_latest OR (h.said_last AND h.source IS NOT DISTINCT FROM t.source))"
    return f"CASE WHEN {is_assumed} THEN {last_word} AND {same_given} ELSE {same_content} END"


def _same_content(fact: Fact) -> str:
    """Whether the stored version ``h`` says what the given ``t`` says, whatever their sources."""
    compared = [column for column in COLUMNS[fact] if column not in (KEYS[fact], "source")]
    return " AND ".join(_agrees(column) for column in compared)


def _agrees(column: str) -> str:
    """Whether both versions say the same in a column, as their values are read now."""
    agrees = f"h.{column} IS NOT DISTINCT FROM t.{column}"
    if column in STORED_MEANING:
        return f"({agrees} OR {STORED_MEANING[column]})"
    return agrees


def _find_changed_enterprises(connection: Connection, unmerged: str) -> None:
    """Makes ``changed_enterprises``: listed again without a day, and as no stored version has them."""
    compared = [column for column in COLUMNS["enterprises"] if column not in UNDATED]
    same_content = " AND ".join(map(_agrees, compared))
    undated = f"""
        SELECT t._rid
        FROM (
            SELECT t.*
            FROM ({unmerged}) t
            ANTI JOIN unchanged_enterprises USING (_rid)
            WHERE t.known_on IS NULL
        ) t
        SEMI JOIN stored_given_enterprises h ON h.enterprise_id = t.enterprise_id
        """
    connection.execute(f"INSERT INTO unchanged_enterprises {undated} AND {same_content}")
    connection.execute(f"INSERT INTO changed_enterprises {undated}")


def as_given(records: pa.Table) -> pa.Table:
    """Records of a store as a canonical file must give them, so that they are read again unchanged.

    A record's own id stands for its act where no act was given; written down, it would be
    normalised and so become another.
    """
    own_id = f"act_id = record_id AND act_id <> {document_key('act_id')}"
    act_id = f"CASE WHEN {own_id} THEN NULL ELSE act_id END AS act_id"
    with connect() as connection:
        connection.register("stored_records", records)
        given = connection.execute(f"SELECT * REPLACE ({act_id}) FROM stored_records")
        return given.to_arrow_table().cast(records.schema)
