"""The keys that a form of the rule language may hold, and those of all forms inside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel


def parts(annotation: object) -> Iterator[object]:
    """The annotation and everything inside it."""
    yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def forms(annotation: object) -> list[type[BaseModel]]:
    """The forms that a value of this annotation may have."""
    return [part for part in parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def all_forms(form: type[BaseModel]) -> set[type[BaseModel]]:
    """A form and all forms inside it."""
    seen: set[type[BaseModel]] = set()
    waiting = [form]
    while waiting:
        form = waiting.pop()
        if form not in seen:
            seen.add(form)
            for field in form.model_fields.values():
                waiting += forms(field.annotation)
    return seen


def keys_of(form: type[BaseModel]) -> dict[str, object]:
    """What a form may say, as it is written in a file: key and annotation."""
    return {field.alias or name: field.annotation for name, field in form.model_fields.items()}
