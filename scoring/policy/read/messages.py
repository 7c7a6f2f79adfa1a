"""Sentences for faults of form: what pydantic reports, in the file's terms and with an example."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from scoring.policy.read.finding import Finding, TomlPath
from scoring.policy.read.locate import Locator
from scoring.rules import RULES
from scoring.rules.wording import both

Words = Mapping[str, str]
"""A piece of a sentence by language."""

NOTHING: Words = {"zh": "", "en": ""}
_CODES = {"missing": "missing_key", "extra_forbidden": "unknown_key", "form": "form"}
_SIGNS = {"ge": "≥", "le": "≤", "gt": ">", "lt": "<"}
_EXPECTED_KINDS = ("int", "date", "string", "bool", "tuple", "dict", "model")


@cache
def examples() -> Mapping[str, str]:
    """For the keys of rule files a line, or a few, that show how they are written."""
    by_key: dict[str, str] = tomllib.loads((RULES / "examples.toml").read_text(encoding="utf-8"))
    return by_key


def findings_of(errors: list[ErrorDetails], model: type[BaseModel], locator: Locator) -> list[Finding]:
    """Turns pydantic's errors into findings with file, line and a sentence in zh and en.

    Args:
        errors: As given by ``ValidationError.errors()``.
        model: The model that was being read; its field names are offered for misspelt keys.
        locator: Lines of the file.
    """
    field_names = sorted(_field_names(model, set()))
    return [_finding(error, field_names, locator) for error in errors if not _follows(error, errors)]


def _follows(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list is only too short because pydantic dropped a faulty element of it."""
    path = error["loc"]
    return error["type"] == "too_short" and any(
        other["loc"][: len(path)] == path and len(other["loc"]) > len(path) for other in errors
    )


def _finding(error: ErrorDetails, field_names: list[str], locator: Locator) -> Finding:
    # "[key]" is pydantic's own mark, not a part of the file
    path: TomlPath = tuple(part for part in error["loc"] if part != "[key]")
    where = ".".join(str(part) for part in path)
    at = both("form_at", where=where) if where else NOTHING
    code = _CODES.get(error["type"], "bad_value")
    parameters = {"at": at, **_parameters(error, code, path, field_names)}
    return Finding(code, locator.place(path), parameters=parameters)


def _parameters(error: ErrorDetails, code: str, path: TomlPath, field_names: list[str]) -> dict[str, object]:
    """What fills the sentence of a fault, besides where it is."""
    toml_key = next((part for part in reversed(path) if isinstance(part, str)), "")
    context = error.get("ctx", {})
    if code == "form":
        return {"fault": context}
    if code == "missing_key":
        return {"key": toml_key, "example": _example(toml_key)}
    if code == "unknown_key":
        return {"key": toml_key, "suggestion": _suggestion(toml_key, field_names)}
    return {
        "got": _shortened(error["input"]),
        "expected": _expected(error["type"], context),
        "example": _example(toml_key),
    }


def _example(toml_key: str) -> Words:
    example = examples().get(toml_key)
    return both("form_example", example=example) if example else NOTHING


def _suggestion(toml_key: str, field_names: list[str]) -> Words:
    nearest_names = get_close_matches(toml_key, field_names, n=1)
    return both("form_suggestion", name=nearest_names[0]) if nearest_names else NOTHING


def _expected(kind: str, context: Mapping[str, object]) -> Words:
    """What should have stood there, from pydantic's name of the fault."""
    if kind in ("literal_error", "enum"):
        return both("form_expects_choice", choices=str(context["expected"]).replace(" or ", ", "))
    if kind.startswith(("greater_than", "less_than")):
        limit = next(name for name in _SIGNS if name in context)
        return both("form_expects_bound", sign=_SIGNS[limit], bound=context[limit])
    if kind == "string_pattern_mismatch":
        return both("form_expects_pattern", pattern=context["pattern"])
    if kind in ("too_short", "string_too_short"):
        return both("form_expects_content")
    if kind in ("too_long", "string_too_long"):
        return both("form_expects_length", most=context["max_length"])
    sort = kind.split("_", 1)[0]
    return both(f"form_expects_{sort if sort in _EXPECTED_KINDS else 'other'}")


def _shortened(value: object, limit: int = 60) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _field_names(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[str]:
    """All keys that a file may hold: of the model and of the models in it."""
    if model in seen:
        return set()
    seen.add(model)
    field_names: set[str] = set()
    for name, field_info in model.model_fields.items():
        field_names.add(field_info.alias or name)
        for part in _models_in(field_info.annotation):
            field_names |= _field_names(part, seen)
    return field_names


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for argument in getattr(annotation, "__args__", ()):
            yield from _models_in(argument)
