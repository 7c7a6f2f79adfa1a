"""From a TOML file to a checked model: bounded, without code, and every fault with its line."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from scoring.errors import PolicyError, at
from scoring.policy.language.schema import Policy, Text
from scoring.policy.read.extend import Tree, extended
from scoring.policy.read.finding import Finding, as_error
from scoring.policy.read.instruments import fill_in
from scoring.policy.read.locate import Locator, locate
from scoring.policy.read.messages import findings_of
from scoring.policy.read.write_out_tiers import with_tiers_written_out
from scoring.rules import is_nested

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MOST_FAULTS = 500
"""Faults of one file that are worded: a file of nothing else would take minutes."""
_LINE = re.compile(r"at line (\d+)")

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Document(Generic[Model]):
    """A file that was read into its model, with what is needed to point into it."""

    path: str
    text: str
    model: Model
    locator: Locator


class Parsed(NamedTuple):
    """What TOML makes of a text, and where everything in it stands."""

    data: Tree
    locator: Locator


def read_toml(path: Path, model: type[Model]) -> tuple[Document[Model] | None, list[Finding]]:
    """Reads a TOML file into a model.

    Args:
        path: The file.
        model: The pydantic model of its content; read strictly, so that ``"5"`` and ``5.0`` are no
            numbers.

    Returns:
        The document and no findings, or ``None`` and at least one finding with file and line.
    """
    try:
        text = read_text(path)
    except PolicyError as error:
        return None, [_finding("unreadable", error)]
    try:
        data, locator = _parsed(text, path)
    except PolicyError as error:
        return None, [_finding("not_toml", error)]
    try:
        # of all rule files only a policy can rest on another one
        if model is Policy:
            data, locator = extended(data, locator, _read_base)
            data, locator = with_tiers_written_out(data, locator)
    except PolicyError as error:
        return None, [_finding("extends", error)]
    data, findings = fill_in(data, locator)
    if findings:
        return None, findings
    try:
        content = model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        return None, findings_of(error.errors()[:MOST_FAULTS], model, locator)
    return Document(str(path), text, content, locator), []


def _finding(code: str, error: PolicyError) -> Finding:
    return Finding(code, error.place, error.code, error.parameters)


def read_or_raise(path: Path, model: type[Model]) -> Document[Model]:
    """Reads a TOML file into a model.

    Raises:
        PolicyError: The file cannot be read or does not have the form; names the first fault and
            how many more there are.
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
        # before it is read: a file of any size costs nothing but this question
        if size > MAX_BYTES:
            raise PolicyError("rule_file_too_large", place=at(path), size=size, most=MAX_BYTES)
        # editors on Windows put a byte order mark in front
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyError("rule_file_unreadable", place=at(path), reason=error.strerror) from error
    except UnicodeDecodeError as error:
        raise PolicyError("rule_file_not_utf8", place=at(path), byte=error.start) from error


def _read_base(path: Path) -> Parsed:
    return _parsed(read_text(path), path)


def _parsed(text: str, path: Path) -> Parsed:
    return Parsed(_parse(text, path), locate(text, str(path)))


def _parse(text: str, path: Path) -> dict[str, Any]:
    # Before it is parsed: a key of thousands of parts would take minutes.
    if is_nested(text):
        raise _too_deep(path)
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise _too_deep(path) from error
    # TOMLDecodeError, and that of int() on a number of thousands of digits, which names no line
    except ValueError as error:
        match = _LINE.search(str(error))
        line = int(match[1]) if match else len(text.splitlines())
        raise PolicyError("rule_file_not_toml", place=at(path, line), reason=str(error)) from error
    if _depth(data) > MAX_DEPTH:
        raise _too_deep(path)
    return data


def _too_deep(path: Path) -> PolicyError:
    return PolicyError("rule_file_too_deep", place=at(path, 1), most=MAX_DEPTH)


def _depth(value: object) -> int:
    """Nesting of a parsed value, level by level: no recursion, so no stack to exhaust."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level = list(chain.from_iterable(map(_children, level)))
        depth += 1
    return depth


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def policy_sha256(policy: Policy) -> str:
    """Hash of what a policy decides: canonical JSON of its content without labels.

    Texts in two languages and keys that are not given are left out, so a better translation keeps
    the hash and a changed number does not.

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
        fields = type(value).model_fields.items()
        by_key = {info.alias or name: getattr(value, name) for name, info in fields}
        decides = {
            toml_key: part
            for toml_key, part in by_key.items()
            if part is not None and not isinstance(part, Text)
        }
        return {toml_key: _unlabelled(part) for toml_key, part in decides.items()}
    if isinstance(value, dict):
        return {str(toml_key): _unlabelled(part) for toml_key, part in value.items()}
    if isinstance(value, tuple):
        return [_unlabelled(part) for part in value]
    return value
