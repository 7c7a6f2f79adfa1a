"""A result folder read back: look-ups, search, and the explanation of one enterprise.

Records behind a point are found by assessing that one enterprise again from the folder's own records and policy; when
the answer differs from the batch row, nothing is explained and the reader is told so.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from scoring.assess import Assessed, Assessor, to_contribution, to_score
from scoring.batch import POLICY, PRIOR, RUN
from scoring.engine.cases import quoted
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.output import CONTRIBUTIONS, SCORES
from scoring.engine.prior import read_prior
from scoring.entities import Explanation, Score
from scoring.errors import InputError, StaleResultError, UnknownEnterpriseError
from scoring.explain.build import explain
from scoring.explain.history import History, history
from scoring.explain.outlook import look_ahead
from scoring.policy.load import PolicyVersion, read_policy_file
from scoring.policy.spans import Span, spans

HISTORY_DAYS = 1095
"""Three years: the longest use period of a shipped policy."""
MOST_HISTORIES = 64
"""Histories that are kept: a page asks for one, and its picture for the same again."""


class ResultFolder:
    """The folder that ``sise score`` wrote.

    Args:
        path: The folder.

    Raises:
        InputError: It is no result folder, or its policy is not the one that scored it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run: Mapping[str, Any] = _read_run(path)
        self.as_of = date.fromisoformat(self.run["as_of"])
        self.version = self._policy()
        self._engine = DuckEngine(threads=1, memory="500MB")
        self._histories: dict[tuple[str, date, date], History] = {}     # a page and its picture ask for the same
        self._lock = threading.Lock()     # one connection, many web threads
        covers = frozenset(self.run["covers"])
        self._tables = tables = self._engine.files(Clustered(path / "enterprises.parquet", path / "records.parquet", covers))
        if (path / PRIOR).is_file():
            tables = self._engine.with_prior(tables, read_prior(path / PRIOR, self.version.policy))
        self._assessor = Assessor(self._engine, self.version, covers, tables)

    def score(self, enterprise_id: str) -> Score:
        """The batch row of one enterprise.

        Raises:
            UnknownEnterpriseError: It is not in the results.
        """
        rows = self._rows(SCORES, f"WHERE enterprise_id = {quoted(enterprise_id)}")
        if not rows:
            raise UnknownEnterpriseError(
                zh=f"结果中没有主体 {enterprise_id}；请核对 18 位统一社会信用代码，或先查找名称",
                en=f"no enterprise {enterprise_id} in these results; check the 18-character code, or search by name",
            )
        return to_score(rows[0])

    def find(self, text: str, colour: str | None = None, limit: int = 50, offset: int = 0) -> tuple[int, list[Score]]:
        """Enterprises whose name or id contains ``text``, by id: how many there are, and one page of them.

        Args:
            text: Any part of a name or id; empty finds all.
            colour: ``blue``, ``green``, ``yellow``, ``red`` or ``none`` (not rated); all when ``None``.
            limit: Rows of a page.
            offset: Rows to skip.
        """
        tests = [f"(contains(lower(name), lower({quoted(text)})) OR contains(lower(enterprise_id), lower({quoted(text)})))"]
        if colour:
            tests.append("colour IS NULL" if colour == "none" else f"colour = {quoted(colour)}")
        where = f"WHERE {' AND '.join(tests)}" if text or colour else ""
        count = self.query(f"SELECT count(*) AS n FROM {self.file(SCORES)} {where}")[0]["n"]
        rows = self._rows(SCORES, f"{where} ORDER BY enterprise_id LIMIT {int(limit)} OFFSET {int(offset)}")
        return count, [to_score(row) for row in rows]

    def assessed(self, enterprise_id: str) -> Assessed:
        """One enterprise assessed again from the folder's records, with what counted and what did not.

        Raises:
            UnknownEnterpriseError: It is not in the results.
            StaleResultError: The answer is not the batch row: a file of the folder was changed.
        """
        row = self.score(enterprise_id)
        kept = self._rows(CONTRIBUTIONS, f"WHERE enterprise_id = {quoted(enterprise_id)} ORDER BY indicator_id")
        with self._lock:
            again = self._assessor.full(enterprise_id, self.as_of)
        if again.score != row or [to_contribution(c) for c in kept] != list(again.contributions):
            raise StaleResultError(
                zh=f"重新计算 {enterprise_id} 的结果与批量结果不一致，文件可能被改动；请重新运行 sise score",
                en=f"assessing {enterprise_id} again does not give the batch row, a file may have been changed; run sise score again",
                place=str(self.path),
            )
        return again

    def explain(self, enterprise_id: str, *, ahead: bool = True) -> Explanation:
        """Why an enterprise has its colour, what is to come and what would help; raises as ``assessed``.

        Args:
            enterprise_id: The enterprise.
            ahead: Whether to look ahead; a code image needs no more than the reasons.
        """
        found = self.assessed(enterprise_id)
        with self._lock:
            return explain(found, self.version, look_ahead(self._assessor, found) if ahead else None)

    def history(
        self, enterprise_id: str, start: date | None = None, end: date | None = None,
        progress: Callable[[str, float], None] = lambda stage, fraction: None,
    ) -> History:
        """Points and colour of one enterprise over time, from the folder's own records.

        Args:
            enterprise_id: The enterprise.
            start: First day, by default three years before ``end``.
            end: Last day, by default and at most the folder's day: what came later is not in it.
            progress: Called with ``history`` and the share done.

        Raises:
            UnknownEnterpriseError: It is not in the results.
        """
        last = min(end or self.as_of, self.as_of)
        first = start or last - timedelta(days=HISTORY_DAYS)
        known = self._histories.get((enterprise_id, first, last))
        if known is None:
            self.score(enterprise_id)
            if len(self._histories) >= MOST_HISTORIES:
                self._histories.clear()
            known = self._histories[enterprise_id, first, last] = self._history(enterprise_id, spans(self.version, first, last), progress)
        return known

    def query(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over the folder's files (see ``file``)."""
        with self._lock:
            return list(self._engine.select(text).to_pylist())

    def file(self, name: str) -> str:
        """A Parquet file of the folder as SQL names it.

        Args:
            name: E.g. ``scores.parquet``.
        """
        return f"read_parquet({quoted(str(self.path / name))})"

    def _history(self, enterprise_id: str, found: Sequence[Span], progress: Callable[[str, float], None]) -> History:
        with DuckEngine(threads=1, memory="500MB") as engine:
            tables = engine.memory(self._tables, [enterprise_id])
            return history(found, lambda version: Assessor(engine, version, self._assessor.covers, tables), enterprise_id, progress)

    def _policy(self) -> PolicyVersion:
        version = read_policy_file(self.path / POLICY)
        if version.sha256 != self.run["policy"]["sha256"]:
            raise StaleResultError(
                zh="结果目录中的评价规则已不是评分所用的版本；请重新运行 sise score",
                en="the policy in the result folder is not the one that scored it; run sise score again",
                place=str(self.path / POLICY),
            )
        return PolicyVersion(version.policy, version.sha256, self.run["policy"]["status"], version.path, version.text)

    def _rows(self, name: str, rest: str) -> list[dict[str, Any]]:
        return self.query(f"SELECT * FROM {self.file(name)} {rest}")


def _read_run(path: Path) -> Mapping[str, Any]:
    try:
        run: Mapping[str, Any] = json.loads((path / RUN).read_text(encoding="utf-8"))
        return run
    except (OSError, ValueError) as error:
        raise InputError(
            zh=f"{path} 不是结果目录（缺少或无法读取 {RUN}）；请先运行 sise score … --out {path}",
            en=f"{path} is no result folder ({RUN} is missing or unreadable); run sise score … --out {path} first",
            place=str(path),
        ) from error
