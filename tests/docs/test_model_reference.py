"""``models/REFERENCE.toml`` shows every key of a model definition with a comment or a name, and can be read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from form_keys import all_forms, forms, keys_of
from pydantic import BaseModel

from scoring.analysis.training.definition import ModelDefinition, read_definition

REFERENCE = Path(__file__).resolve().parents[2] / "models" / "REFERENCE.toml"
OF_POLICIES = {"Select"}
"""Forms whose keys the reference of policies explains."""


def written(form: type[BaseModel], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key that a table of the file holds, with the form that it belongs to."""
    known = keys_of(form)
    for key, value in table.items():
        yield form.__name__, key
        inner = forms(known[key])
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and inner:
                yield from written(inner[0], part)


def test_reference_is_a_definition() -> None:
    """It is read without a fault, as a definition of that name."""
    assert "reference" == read_definition(REFERENCE).id


def test_every_key_of_a_definition_is_shown() -> None:
    """No key of any form of a definition is missing."""
    table = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))
    shown = set(written(ModelDefinition, table))
    asked = [form for form in all_forms(ModelDefinition) if form.__name__ not in OF_POLICIES]
    missing = [
        (form.__name__, key) for form in asked for key in keys_of(form) if (form.__name__, key) not in shown
    ]
    assert [] == missing


@pytest.mark.parametrize("form", ["Label", "Splits", "Lookups", "Fit"])
def test_every_key_has_a_comment(form: str) -> None:
    """Each line of a section that a reader has to fill in says what it is, in both languages."""
    sections = {"Label": "label", "Splits": "splits", "Lookups": "lookups", "Fit": "fit"}
    text = REFERENCE.read_text(encoding="utf-8").split(f"[{sections[form]}]")[1].split("\n[")[0]
    lines = text.splitlines()
    bare = []
    for number, line in enumerate(lines):
        key = line.partition("=")[0].strip()
        if "=" in line and not line.startswith("#") and key != "text":
            told = "#" in line or lines[number - 1].startswith("#")
            bare += [] if told else [line]
    assert [] == bare
