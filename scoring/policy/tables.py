"""Reads the points tables that policies pin.

Shipped ones are named by id, others by path, superseded ones are found by their hash.
"""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from scoring.errors import ModelError, at
from scoring.policy.language.points_table import MAX_BYTES, ModelTable, table_sha256
from scoring.policy.language.release_gate import shortfalls
from scoring.policy.language.schema import Policy
from scoring.rules import MODELS
from scoring.rules.wording import LANGUAGES


class PinnedTable(NamedTuple):
    """Name and hash of a points table, as a policy pins it."""

    ref: str
    sha256: str


def model_path(ref: str) -> Path:
    """The file of a model that is named by id (shipped) or by path (``.json``)."""
    return Path(ref) if ref.endswith(".json") else MODELS / f"{ref}.json"


def shipped_models() -> list[str]:
    """Ids of the shipped points tables, sorted; the verdicts beside them are no tables."""
    return sorted(path.stem for path in MODELS.glob("*.json") if "." not in path.stem)


def read_model(ref: str) -> ModelTable:
    """Reads a points table and checks its form and its hash.

    Raises:
        ModelError: It cannot be read, is not of this form, or somebody has changed it after it was
            written.
    """
    path = model_path(ref)
    try:
        # of a longer file the first bytes are no JSON, which is said
        text = path.read_bytes()[: MAX_BYTES + 1].decode("utf-8")
        table = ModelTable.model_validate_json(text, strict=True)
    except (OSError, UnicodeDecodeError) as error:
        shipped = shipped_models() or "—"
        raise ModelError(
            "points_table_unreadable", place=at(path), reason=str(error), shipped=shipped
        ) from error
    except ValidationError as error:
        raise _misformed(error, path) from error
    computed = table_sha256(table)
    if computed != table.sha256:
        raise ModelError(
            "points_table_changed", place=at(path), stated=table.sha256[:12], computed=computed[:12]
        )
    return table


def read_released(ref: str) -> ModelTable:
    """Reads a points table that may be used.

    Raises:
        ModelError: As ``read_model``, or it is a draft: the gate keeps it back.
    """
    table = read_model(ref)
    # The gate reads the figures anew: a draft under another name is one all the same.
    if reasons := shortfalls(table.metrics):
        worded = [reason.words for reason in reasons]
        all_reasons = {lang: "; ".join(map(itemgetter(lang), worded)) for lang in LANGUAGES}
        raise ModelError("model_is_draft", place=at(model_path(ref)), model=table.id, reasons=all_reasons)
    return table


def pinned_path(ref: str, sha256: str) -> Path:
    """The file of the points table that a policy pins, among the superseded ones where it is there."""
    earlier = MODELS / "superseded" / f"{sha256}.json"
    return earlier if earlier.is_file() else model_path(ref)


def pinned_tables(policy: Policy) -> set[PinnedTable]:
    """Every points table that a policy pins."""
    models = [indicator for indicator in policy.indicators if indicator.model]
    return {PinnedTable(str(indicator.model), str(indicator.sha256)) for indicator in models}


def read_pinned(ref: str, sha256: str) -> ModelTable:
    """The points table that a policy pins.

    It comes from its file or, where another has taken its place, from the superseded ones.

    Raises:
        ModelError: As ``read_released``, or the file's hash is another.
    """
    table = read_released(str(pinned_path(ref, sha256)))
    if table.sha256 != sha256:
        raise ModelError(
            "points_table_not_pinned",
            place=at(model_path(ref)),
            model=ref,
            pinned=sha256[:12],
            start=table.sha256[:12],
            sha256=table.sha256,
        )
    return table


def stored_table(ref: str, sha256: str, content: str) -> ModelTable:
    """The table that a store keeps under a hash.

    Raises:
        ModelError: It is no table, or another one, whatever hash it gives itself.
    """
    try:
        table = ModelTable.model_validate_json(content)
    except ValidationError:
        table = None
    if table is None or not table_sha256(table) == table.sha256 == sha256:
        raise ModelError("table_changed_in_store", ref=ref, sha256=sha256[:12])
    return table


def _misformed(error: ValidationError, path: Path) -> ModelError:
    fault = error.errors()[0]
    key = ".".join(map(str, fault["loc"])) or "JSON"
    # faults of our own are worded in both languages, those of the library in English alone
    ours = fault.get("ctx", {}) if fault["type"] == "form" else {}
    words = {lang: ours.get(lang, fault["msg"]) for lang in LANGUAGES}
    return ModelError("points_table_faulty", place=at(path), key=key, fault=words)
