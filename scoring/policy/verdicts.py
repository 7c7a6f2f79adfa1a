"""What is known of a model's drift: the verdict that ``sise model drift`` writes beside its table.

A table is frozen when it is trained; how it does afterwards is a fact of its own, in a file of its
own (``<table>.drift.json``), which is renewed as findings come in. Lists of visits and policies that
use the table read it. A verdict that is missing, about another table or too old is *cannot tell*.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from scoring.disk import atomic_file
from scoring.errors import ModelError, at
from scoring.policy.language.forms import Form
from scoring.policy.language.points_table import VERDICT_DAYS, ModelTable
from scoring.policy.language.schema import MODEL, Policy
from scoring.policy.tables import model_path, pinned_path
from scoring.rules.wording import both

SUFFIX = ".drift.json"
FORMAT: Literal["sise-drift/1"] = "sise-drift/1"
Verdict = Literal["ok", "watch", "retrain", "do_not_use", "cannot_tell"]
VERDICTS: tuple[Verdict, ...] = ("ok", "watch", "cannot_tell", "retrain", "do_not_use")
"""All verdicts, the worst last."""
_ALARMS = ("retrain", "do_not_use")


class DriftFile(Form):
    """The verdict on a table, month by month.

    Attributes:
        until: The last day whose visits were looked at.
        verdict: That of the last month.
        since: The month from which on it has stood.
        months: Figures of every month, its ``month`` and ``verdict`` among them, oldest first.
    """

    format: Literal["sise-drift/1"]
    model: str
    table_sha256: str
    until: date
    verdict: Verdict
    since: str
    months: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class TableStanding:
    """What is known of a model's drift on a day.

    Attributes:
        verdict: The verdict of that day.
        since: The month from which on it has stood; ``None`` where nothing was measured.
        cause: Why nothing can be told: text id with what fills it; ``None`` where findings are few.
    """

    model: str
    verdict: Verdict
    since: str | None
    cause: tuple[str, Mapping[str, object]] | None = None

    @property
    def words(self) -> dict[str, str]:
        """The verdict as a sentence, with its cause."""
        if self.cause is not None:
            text_id, parameters = self.cause
            return both("mo_verdict_unknown", cause=both(text_id, **parameters))
        return both(f"mo_verdict_{self.verdict}", since=self.since or "—")

    @property
    def caution(self) -> dict[str, str] | None:
        """What whoever uses the table must know; nothing where all is well."""
        return None if self.verdict == "ok" else both("mr_drifted", id=self.model, verdict=self.words)


def verdict_path(ref: str) -> Path:
    """The file beside a table, which is named by id or by path."""
    return beside(model_path(ref))


def beside(table_file: Path) -> Path:
    """The file beside a table's own file."""
    return table_file.with_suffix("").with_suffix(SUFFIX)


def write_verdict(path: Path, table: ModelTable, report: Mapping[str, Any]) -> None:
    """Writes the verdict on a table, whole or not at all.

    Args:
        path: The file.
        table: The table.
        report: What ``drift`` measured.
    """
    content = {"format": FORMAT, "model": table.id, "table_sha256": table.sha256, **report}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as part_file:
        part_file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_verdict(path: Path) -> DriftFile | None:
    """The verdict in a file; ``None`` where there is no file.

    Raises:
        ModelError: It cannot be read or is not of this form.
    """
    try:
        return DriftFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelError("verdict_unreadable", place=at(path), reason=str(error)) from error


def standing(table: ModelTable, path: Path, as_of: date, within_days: int | None = None) -> TableStanding:
    """What is known of a table's drift on a day.

    Args:
        table: The table.
        path: The file of its verdict.
        as_of: The day.
        within_days: How old a verdict may be; what the table says where it is left out.

    Raises:
        ModelError: The file cannot be read or is not of this form.
    """
    verdict_file = read_verdict(path)
    # Nobody has looked: that is no reason to believe that all is well.
    if verdict_file is None:
        return _unknown(table, "drift_never", model=table.id)
    if verdict_file.table_sha256 != table.sha256:
        return _unknown(table, "drift_of_another", sha256=verdict_file.table_sha256[:12])
    ended = [month for month in verdict_file.months if _has_ended(month["month"], verdict_file, as_of)]
    if not ended:
        return _unknown(table, "drift_later", first=verdict_file.months[0]["month"])
    verdict: Verdict = ended[-1]["verdict"]
    allowed = within_days or table.verdict_days or VERDICT_DAYS
    age = (as_of - verdict_file.until).days
    # An alarm does not fade: nobody has shown since that it was wrong.
    if age > allowed and verdict not in _ALARMS:
        return _unknown(table, "drift_old", until=verdict_file.until, days=age, allowed=allowed)
    return TableStanding(table.id, verdict, _since(ended))


def _has_ended(month: str, verdict_file: DriftFile, as_of: date) -> bool:
    # The day after the last of a month is in the next one.
    return as_of >= verdict_file.until or month < f"{as_of + timedelta(days=1):%Y-%m}"


def _since(months: list[dict[str, Any]]) -> str:
    first: str = months[-1]["month"]
    for month in reversed(months):
        if month["verdict"] != months[-1]["verdict"]:
            break
        first = month["month"]
    return first


def _unknown(table: ModelTable, text_id: str, **parameters: object) -> TableStanding:
    return TableStanding(table.id, "cannot_tell", None, (text_id, parameters))


def standings(policy: Policy, tables: Mapping[str, ModelTable], as_of: date) -> Iterator[TableStanding]:
    """What is known on a day of the drift of every model that a policy uses.

    Args:
        policy: The policy.
        tables: Its tables, by hash.
        as_of: The day.

    Raises:
        ModelError: A file of a verdict cannot be read.
    """
    for indicator in policy.indicators:
        if indicator.aggregate == MODEL:
            ref, sha256 = str(indicator.model), str(indicator.sha256)
            path = beside(pinned_path(ref, sha256))
            yield standing(tables[sha256], path, as_of, indicator.verdict_days)


def refuse_unusable(policy: Policy, tables: Mapping[str, ModelTable], as_of: date) -> list[dict[str, str]]:
    """Refuses a policy whose model is not to be used any more; else what must be known of its models.

    Raises:
        ModelError: The verdict on a model is *do not use*, or a file of a verdict cannot be read.
    """
    cautions = []
    for of_model in standings(policy, tables, as_of):
        if of_model.verdict == "do_not_use":
            raise ModelError(
                "policy_model_unusable", policy=policy.id, model=of_model.model, since=of_model.since
            )
        if of_model.caution is not None:
            cautions.append(of_model.caution)
    return cautions
