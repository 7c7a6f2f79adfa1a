"""What the store says of enterprises, read back: look-ups, search, explanations and history, for pages and for the command line.

An explanation is made by assessing that one enterprise again from its own stored facts; when the answer is not the stored one,
nothing is explained and the reader is told so.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, func, select

from scoring.assess.scorer import Assessed, Assessor, to_score
from scoring.engine.duckdb import DuckEngine
from scoring.engine.output import SCORES
from scoring.entities import Explanation, Progress, Score, silent
from scoring.errors import StaleResultError, StoreError, UnknownEnterpriseError
from scoring.explain.build import explain
from scoring.explain.history.timeline import History, history
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.policy.spans import spans
from scoring.records.link.versions import Linker
from scoring.sql.literals import literal
from scoring.store.facts.family import family_facts
from scoring.store.standing.assessing import Snapshot, covers
from scoring.store.standing.computed import KEPT, LISTS, key_of, text_of
from scoring.store.standing.policies import stored_version
from scoring.store.tables.migrate import open_store
from scoring.store.tables.orm import Assessment, ScoreRun, Standing, table_of

HISTORY_DAYS = 1095
"""Three years: the longest use period of a shipped policy."""
MOST_HISTORIES = 64
"""Histories that are kept: a page asks for one, and its picture for the same again."""


class StoredResults:
    """The results in a store, under the policy of its last batch.

    Args:
        address: The store.

    Raises:
        StoreError: There is no store, or nothing in it is scored yet.
    """

    def __init__(self, address: str) -> None:
        self.database = open_store(address)
        with self.database.read() as connection:
            run = connection.execute(select(ScoreRun).order_by(ScoreRun.event.desc()).limit(1)).first()
            if run is None:
                raise StoreError(
                    zh="库中还没有评价结果；请先运行 sise score --db",
                    en="nothing in the store is scored yet; run `sise score --db` first",
                    place=self.database.place,
                )
            self.version = stored_version(connection, run.policy_sha256)
        self._histories: dict[tuple[str, date, date], History] = {}
        self._linker, self._lock = Linker(), threading.Lock()

    @property
    def as_of(self) -> date:
        """The last day scored under this policy."""
        query = select(func.max(ScoreRun.as_of)).where(ScoreRun.policy_id == self.version.policy.id)
        with self.database.read() as connection:
            return date.fromisoformat(str(connection.execute(query).scalar_one()))

    @property
    def run(self) -> Mapping[str, Any]:
        """Enterprises by band and by colour in effect, and those without one by reason."""
        mine = Standing.policy_id == self.version.policy.id
        counted = (
            select(Standing.band, func.count())
            .where(mine, Standing.band.is_not(None))
            .group_by(Standing.band)
        )
        coloured = select(Standing.colour, func.count()).where(mine).group_by(Standing.colour)
        why = (
            select(Assessment.status_reason, func.count())
            .join(Standing, Standing.in_effect == Assessment.number)
            .where(mine, Assessment.status_reason.is_not(None))
            .group_by(Assessment.status_reason)
        )
        with self.database.read() as connection:
            bands = {row[0]: row[1] for row in connection.execute(counted)}
            colours = {str(row[0]): row[1] for row in connection.execute(coloured)}
            unrated = {row[0]: row[1] for row in connection.execute(why)}
        not_rated = dict(sorted(unrated.items()))
        return {
            "bands": bands,
            "colours": colours,
            "not_rated": not_rated,
            "enterprises": sum(colours.values()),
        }

    def score(self, enterprise_id: str) -> Score:
        """The result in effect of one enterprise.

        Raises:
            UnknownEnterpriseError: The store has none.
        """
        return self._to_score(self._in_effect(enterprise_id))

    def proposed(self, enterprise_id: str) -> Mapping[str, Any] | None:
        """The open proposal of one enterprise, if there is one: its band, colour, last day of notice and number of reviewers."""
        query = (
            select(Assessment.band, Assessment.colour, Assessment.notice_until, Assessment.reviewers)
            .join(Standing, Standing.latest == Assessment.number)
            .where(
                Standing.policy_id == self.version.policy.id,
                Standing.enterprise_id == enterprise_id,
                Standing.proposed,
            )
        )
        with self.database.read() as connection:
            row = connection.execute(query).mappings().first()
        return dict(row) if row else None

    def find(
        self, text: str, colour: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[int, list[Score]]:
        """Enterprises whose name or id contains ``text``, by id: how many there are, and one page of them.

        Args:
            text: Any part of a name or id; empty finds all.
            colour: ``blue``, ``green``, ``yellow``, ``red`` or ``none`` (not rated); all when ``None``.
            limit: Rows of a page.
            offset: Rows to skip.
        """
        tests: list[ColumnElement[bool]] = [Standing.policy_id == self.version.policy.id]
        if text:
            lower = text.lower()
            name, code = func.lower(Standing.name), func.lower(Standing.enterprise_id)
            tests.append(name.contains(lower, autoescape=True) | code.contains(lower, autoescape=True))
        if colour:
            tests.append(Standing.colour.is_(None) if colour == "none" else Standing.colour == colour)
        page = self._shown().where(*tests).order_by(Standing.enterprise_id).limit(limit).offset(offset)
        with self.database.read() as connection:
            count = connection.execute(select(func.count()).select_from(Standing).where(*tests)).scalar_one()
            return count, [self._to_score(dict(row)) for row in connection.execute(page).mappings()]

    def assessed(self, enterprise_id: str) -> Assessed:
        """The result in effect assessed again from the stored facts, with what counted and what did not.

        Raises:
            UnknownEnterpriseError: The store has none.
            StaleResultError: The answer is not the stored one.
        """
        with self._at(enterprise_id) as (assessor, day, row):
            return self._full(assessor, day, row)

    def explain(self, enterprise_id: str, *, ahead: bool = True) -> Explanation:
        """Why an enterprise has its colour, what is to come and what would help; raises as ``assessed``.

        Args:
            enterprise_id: The enterprise.
            ahead: Whether to look ahead; a code image needs no more than the reasons.
        """
        with self._at(enterprise_id) as (assessor, day, row):
            found = self._full(assessor, day, row)
            return explain(found, self.version, look_ahead(assessor, found) if ahead else None)

    def history(
        self,
        enterprise_id: str,
        start: date | None = None,
        end: date | None = None,
        progress: Progress = silent,
    ) -> History:
        """Points and colour of one enterprise over time, by what is known now of each day.

        Args:
            enterprise_id: The enterprise.
            start: First day, by default three years before ``end``.
            end: Last day, by default and at most the last day scored.
            progress: Called with ``history`` and the share done.

        Raises:
            UnknownEnterpriseError: The store has none.
        """
        last = min(end or self.as_of, self.as_of)
        first = start or last - timedelta(days=HISTORY_DAYS)
        with self._at(enterprise_id) as (assessor, _, row):
            key = (f"{enterprise_id}:{row['seq']}", first, last)
            if key not in self._histories:
                if len(self._histories) >= MOST_HISTORIES:
                    self._histories.clear()
                under = lambda version: Assessor(assessor.engine, version, assessor.covers, assessor.tables)
                self._histories[key] = history(
                    spans(self.version, first, last), under, enterprise_id, progress
                )
            return self._histories[key]

    def query(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over all facts and results as files (see ``file``)."""
        with DuckEngine(threads=1, memory="500MB") as engine:
            return list(engine.select(text).to_pylist())

    def file(self, name: str) -> str:
        """A Parquet file of all facts or results as SQL names it: ``enterprises``, ``records`` or ``scores`` ``.parquet``."""
        return f"read_parquet({literal(str(self._folder / name))})"

    @cached_property
    def _folder(self) -> Path:
        """All facts and results as they stand, as files, for questions about groups; they go when these results do."""
        folder = Path(tempfile.mkdtemp(prefix="sise-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with self.database.read() as connection:
            Snapshot.take(connection, folder, silent)
            query = select(Standing.enterprise_id, Standing.band, Assessment.status).join(
                Assessment, Assessment.number == Standing.in_effect
            )
            rows = [
                dict(row)
                for row in connection.execute(
                    query.where(Standing.policy_id == self.version.policy.id)
                ).mappings()
            ]
        form = pa.schema([(name, pa.string()) for name in ("enterprise_id", "band", "status")])
        pq.write_table(pa.Table.from_pylist(rows, form), folder / SCORES)
        return folder

    def _shown(self) -> Any:
        """Assessments in effect, with the name of the enterprise."""
        columns = (Standing.name, Standing.proposed, *table_of(Assessment).columns)
        return select(*columns).join(Assessment, Assessment.number == Standing.in_effect)

    def _in_effect(self, enterprise_id: str) -> Mapping[str, Any]:
        mine = (Standing.policy_id == self.version.policy.id, Standing.enterprise_id == enterprise_id)
        with self.database.read() as connection:
            row = connection.execute(self._shown().where(*mine)).mappings().first()
        if row is None:
            raise UnknownEnterpriseError(
                zh=f"库中没有主体 {enterprise_id} 的评价；请核对 18 位统一社会信用代码，或先查找名称",
                en=f"no enterprise {enterprise_id} is assessed in the store; check the 18-character code, or search by name",
            )
        return dict(row)

    def _to_score(self, row: Mapping[str, Any]) -> Score:
        version = self.version.policy.version if row["policy_sha256"] == self.version.sha256 else ""
        lists = {name: json.loads(row[name]) for name in LISTS}
        return to_score(
            {
                **{f.name: row[f.name] for f in fields(Score) if f.name in row},
                **lists,
                "policy_version": version,
            }
        )

    @contextmanager
    def _at(self, enterprise_id: str) -> Iterator[tuple[Assessor, date, Mapping[str, Any]]]:
        """An assessor over the facts behind the result in effect, its day, and its row.

        Without an open proposal those are all facts on the last day scored; with one, those that were there when the result was made.
        """
        row = self._in_effect(enterprise_id)
        day, seq = (row["as_of"], row["seq"]) if row["proposed"] else (max(row["as_of"], self.as_of), None)
        with self.database.read() as connection:
            facts, kinds = family_facts(connection, enterprise_id, seq), covers(connection)
        with self._lock:
            linked = self._linker.link(*facts, enterprise_id)
        with DuckEngine(threads=1, memory="300MB") as engine:
            tables = engine.hold(*linked)
            bands = [band.id for band in self.version.policy.bands]
            prior = [(enterprise_id, bands.index(row["prior_band"]))] if row["prior_band"] in bands else []
            given = {
                "prior_enterprise_id": pa.array([one for one, _ in prior], pa.string()),
                "prior_band_no": pa.array([n for _, n in prior], pa.int32()),
            }
            yield Assessor(engine, self.version, kinds, engine.with_prior(tables, pa.table(given))), day, row

    def _full(self, assessor: Assessor, day: date, row: Mapping[str, Any]) -> Assessed:
        again = assessor.full(str(row["enterprise_id"]), day)
        parts = text_of([[c.indicator_id, c.points, c.unknown] for c in again.contributions])
        lists = {name: text_of(list(getattr(again.score, name))) for name in ("vetoes", "caps")}
        found = {**vars(again.score), **lists, "contributions": parts}
        if key_of([found[name] for name in KEPT]) != key_of([row[name] for name in KEPT]):
            raise StaleResultError(
                zh=f"重新计算 {row['enterprise_id']} 的结果与库中不一致：可能有新导入的事实，或库被改动；请运行 sise score --db",
                en=f"assessing {row['enterprise_id']} again does not give the stored result: facts were imported since, or the store "
                "was changed; run `sise score --db`",
                place=self.database.place,
            )
        return replace(again, change=self._change(row))

    def _change(self, row: Mapping[str, Any]) -> Mapping[str, object] | None:
        """What is proposed instead of the result in effect, as ``changes.parquet`` says it; nothing else is pending."""
        open_ = self.proposed(str(row["enterprise_id"])) if row["proposed"] else None
        if open_ is None:
            return None
        return {
            "enterprise_id": row["enterprise_id"],
            "prior_band": row["band"],
            "band": open_["band"],
            "change": "worse",
            "state": "proposed",
            "needs_review": open_["reviewers"] > 0,
        }
