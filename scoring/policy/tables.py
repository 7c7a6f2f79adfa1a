"""Reads the points tables that policies pin: shipped ones by id, others by path, superseded ones by their hash."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from scoring.errors import ModelError, at
from scoring.policy.language.points_table import MAX_BYTES, ModelTable, table_sha256
from scoring.policy.language.schema import Policy
from scoring.rules import MODELS


def model_path(ref: str) -> Path:
    """The file of a model that is named by id (shipped) or by path (``.json``)."""
    return Path(ref) if ref.endswith(".json") else MODELS / f"{ref}.json"


def shipped_models() -> list[str]:
    """Ids of the shipped points tables, sorted."""
    return sorted(path.stem for path in MODELS.glob("*.json"))


def read_model(ref: str) -> ModelTable:
    """Reads a points table and checks its form and its hash.

    Raises:
        ModelError: It cannot be read, is not of this form, or somebody has changed it after it was written.
    """
    path = model_path(ref)
    try:
        text = path.read_bytes()[: MAX_BYTES + 1].decode("utf-8")
        table = ModelTable.model_validate_json(text, strict=True)
    except (OSError, UnicodeDecodeError) as error:
        shipped = "、".join(shipped_models()) or "—"
        raise ModelError(
            zh=f"读不到分值表（{error}）；现有模型：{shipped}，例如 out/models/district-demo.json",
            en=f"cannot read the points table ({error}); models here: {shipped}, e.g. out/models/district-demo.json",
            place=at(path),
        ) from error
    except ValidationError as error:
        raise _misformed(error, path) from error
    if table_sha256(table) != table.sha256:
        raise ModelError(
            zh=f"分值表的内容与其 sha256 不符（写的是 {table.sha256[:12]}…，实为 {table_sha256(table)[:12]}…）：文件在导出后被改动；"
            "请重新训练，例如 sise model train DEF.toml",
            en=f"the points table does not match its sha256 (it says {table.sha256[:12]}…, it is {table_sha256(table)[:12]}…): it was "
            "changed "
            "after it was written; train it anew, e.g. sise model train DEF.toml",
            place=at(path),
        )
    return table


def pinned_tables(policy: Policy) -> set[tuple[str, str]]:
    """Name and hash of every points table that a policy pins."""
    return {(indicator.model, str(indicator.sha256)) for indicator in policy.indicators if indicator.model}


def read_pinned(ref: str, sha256: str) -> ModelTable:
    """The points table that a policy pins, from its file or, where another has taken its place, from the superseded ones.

    Raises:
        ModelError: As ``read_model``, or the file's hash is another.
    """
    earlier = MODELS / "superseded" / f"{sha256}.json"
    table = read_model(str(earlier) if earlier.is_file() else ref)
    if table.sha256 != sha256:
        raise ModelError(
            zh=f"规则所用模型 {ref} 的 sha256 应为 {sha256[:12]}…，文件却是 {table.sha256[:12]}…；请核对后改写，例如 sha256 = "
            f'"{table.sha256}"',
            en=f"the policy pins model {ref} at sha256 {sha256[:12]}…, the file is {table.sha256[:12]}…; "
            f'if it is the right one write sha256 = "{table.sha256}"',
            place=at(model_path(ref)),
        )
    return table


def refuse_changed(ref: str, table: ModelTable) -> ModelTable:
    """The table itself.

    Raises:
        ModelError: It is not what its hash says.
    """
    if table_sha256(table) != table.sha256:
        raise ModelError("table_changed_in_store", ref=ref, sha256=table.sha256[:12])
    return table


def _misformed(error: ValidationError, path: Path) -> ModelError:
    fault = error.errors()[0]
    where = ".".join(map(str, fault["loc"])) or "JSON"
    told = fault.get("ctx", {}) if fault["type"] == "form" else {}
    zh, en = (told.get(lang, fault["msg"]) for lang in ("zh", "en"))
    return ModelError(
        zh=f"分值表 {where} 处有误：{zh}；请重新训练，例如 sise model train DEF.toml",
        en=f"the points table is wrong at {where}: {en}; train it anew, e.g. sise model train DEF.toml",
        place=at(path),
    )
