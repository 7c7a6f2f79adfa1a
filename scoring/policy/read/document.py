"""From a TOML file to a checked model: bounded, without code, and every fault with its line."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from scoring.errors import PolicyError, at
from scoring.policy.language.schema import Policy, Text
from scoring.policy.read.extend import extended
from scoring.policy.read.finding import Finding, as_error
from scoring.policy.read.locate import Locator, locate
from scoring.policy.read.messages import findings_of

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
_LINE = re.compile(r"at line (\d+)")

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Document(Generic[M]):
    """A file that was read into its model, with what is needed to point into it."""

    path: str
    text: str
    model: M
    locator: Locator


def read_toml(path: Path, model: type[M]) -> tuple[Document[M] | None, list[Finding]]:
    """Read a TOML file into a model.

    Args:
        path: The file.
        model: The pydantic model of its content; read strictly, so that ``"5"`` and ``5.0`` are no numbers.

    Returns:
        The document and no findings, or ``None`` and at least one finding with file and line.
    """
    try:
        text = read_text(path)
    except PolicyError as error:
        return None, [Finding("unreadable", error.place, error.zh, error.en)]
    try:
        data, locator = _parsed(text, path)
    except PolicyError as error:
        return None, [Finding("not_toml", error.place, error.zh, error.en)]
    try:
        data, locator = extended(data, locator, _other) if model is Policy else (data, locator)
    except PolicyError as error:
        return None, [Finding("extends", error.place, error.zh, error.en)]
    try:
        content = model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        return None, findings_of(error.errors(), model, locator)
    return Document(str(path), text, content, locator), []


def read_or_raise(path: Path, model: type[M]) -> Document[M]:
    """Read a TOML file into a model.

    Raises:
        PolicyError: The file cannot be read or does not have the form; names the first fault and how many more.
    """
    document, findings = read_toml(path, model)
    if document is None:
        raise as_error(findings)
    return document


def read_text(path: Path) -> str:
    """The text of a rule file in UTF-8.

    Raises:
        PolicyError: It does not exist, is too large or is not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise PolicyError(
                zh=f"文件有 {size} 字节，规则文件最多 {MAX_BYTES} 字节；请确认这是规则文件，例如 2026-04-01.toml",
                en=f"the file has {size} bytes, a rule file has at most {MAX_BYTES}; is it one, e.g. 2026-04-01.toml?",
                place=at(path),
            )
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyError(
            zh=f"读不到文件（{error.strerror}）；请给出一个规则文件，例如 scoring/rules/policies/quzhou-demo/2026-04-01.toml",
            en=f"cannot read the file ({error.strerror}); give a rule file, e.g. scoring/rules/policies/quzhou-demo/2026-04-01.toml",
            place=at(path),
        ) from error
    except UnicodeDecodeError as error:
        raise PolicyError(
            zh=f"第 {error.start} 字节不是 UTF-8；请把文件另存为 UTF-8，例如在编辑器里选“编码：UTF-8”",
            en=f"byte {error.start} is not UTF-8; save the file as UTF-8, e.g. choose the encoding UTF-8 in the editor",
            place=at(path),
        ) from error


def _parsed(text: str, path: Path) -> tuple[dict[str, Any], Locator]:
    return _parse(text, path), locate(text, str(path))


def _other(path: Path) -> tuple[dict[str, Any], Locator]:
    return _parsed(read_text(path), path)


def _parse(text: str, path: Path) -> dict[str, object]:
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise _too_deep(path) from error
    except ValueError as error:  # TOMLDecodeError, and int() on a number of thousands of digits
        line = _LINE.search(str(error))
        raise PolicyError(
            zh=f"不是合法的 TOML：{error}；一行的写法例如 valid_from = 2026-04-01",
            en=f"not valid TOML: {error}; a line looks like valid_from = 2026-04-01",
            place=at(path, int(line[1]) if line else len(text.splitlines())),
        ) from error
    if _depth(data) > MAX_DEPTH:
        raise _too_deep(path)
    return data


def _too_deep(path: Path) -> PolicyError:
    return PolicyError(
        zh=f"嵌套超过 {MAX_DEPTH} 层；规则文件只需几层，例如 bins = [{{ upto = 0, points = 0 }}, {{ points = -40 }}]",
        en=f"nested deeper than {MAX_DEPTH}; a rule file needs a few levels, e.g. bins = [{{ upto = 0, points = 0 }}, {{ points = -40 }}]",
        place=at(path, 1),
    )


def _depth(value: object) -> int:
    """Nesting of a parsed value, level by level: no recursion, so no stack to exhaust."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level = [child for item in level for child in _children(item)]
        depth += 1
    return depth


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def policy_sha256(policy: Policy) -> str:
    """Hash of what a policy decides: canonical JSON of its content without labels.

    Texts in two languages and keys that are not given are left out, so a better translation keeps the hash and a
    changed number does not.

    Args:
        policy: A policy as read.

    Returns:
        64 hexadecimal digits.
    """
    canonical = json.dumps(
        _unlabelled(policy), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _unlabelled(value: object) -> object:
    if isinstance(value, BaseModel):
        fields = (
            (info.alias or name, getattr(value, name)) for name, info in type(value).model_fields.items()
        )
        return {name: _unlabelled(v) for name, v in fields if v is not None and not isinstance(v, Text)}
    if isinstance(value, dict):
        return {str(k): _unlabelled(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_unlabelled(v) for v in value]
    return value
