"""``REFERENCE.toml`` shows every key of a policy file with a comment, no other, and passes the check."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from form_keys import all_forms, forms, keys_of, parts
from pydantic import BaseModel

from scoring.policy.check.checks import check_file
from scoring.policy.language.measures import Measure
from scoring.policy.language.schema import Policy
from scoring.policy.language.selection import UNKNOWN_COLUMNS
from scoring.policy.load import list_policies, policy_ids
from scoring.rules import POLICIES

REFERENCE = POLICIES / "REFERENCE.toml"
TEXT = REFERENCE.read_text(encoding="utf-8")


def marked(mark: str) -> str:
    """Another file within the reference: its lines begin with the mark."""
    return "\n".join(line[2:].removeprefix(" ") for line in TEXT.splitlines() if line.startswith(mark))


SECOND, THIRD = marked("#|"), marked("#>")
"""A file that extends another policy, and one with a table of tiers."""
MERGING = {"extends", "drop"}
"""Keys that are gone once a policy is merged with the one that it extends."""

Key = tuple[str, str]
"""Name of a form, and of a key in it."""


def all_keys() -> Iterator[Key]:
    """Every key that a policy file may hold."""
    for form in all_forms(Policy):
        for key in keys_of(form):
            yield form.__name__, key


def written(form: type[BaseModel], table: dict[str, Any]) -> Iterator[Key]:
    """Every key that a table of a file holds, with the form that it belongs to."""
    known = keys_of(form)
    for key, value in table.items():
        yield form.__name__, key
        for inner in forms(known.get(key)):
            for entry in entries(value, keyed=get_origin(known[key]) is dict):
                yield from written(inner, entry)


def entries(value: Any, *, keyed: bool) -> list[dict[str, Any]]:
    """The tables of a value: itself, those of a list, or those under names."""
    if keyed:
        return list(value.values())
    return value if isinstance(value, list) else [value]


def test_every_key_is_shown() -> None:
    """Every key of every form of a policy file stands in the reference, and no other one."""
    shown = {
        *written(Policy, tomllib.loads(TEXT)),
        *written(Policy, tomllib.loads(SECOND)),
        *written(Policy, tomllib.loads(THIRD)),
    }
    known = set(all_keys())
    assert known | {(Policy.__name__, key) for key in MERGING} == shown


def test_every_choice_is_named() -> None:
    """Where a key takes one of some words, the reference names them all."""
    words = set()
    for form in all_forms(Policy):
        for field in form.model_fields.values():
            for part in parts(field.annotation):
                words |= set(get_args(part)) if get_origin(part) is Literal else set()
    assert set() == {word for word in words if isinstance(word, str) and not re.search(rf"\b{word}\b", TEXT)}


def test_every_key_is_explained() -> None:
    """Where a key is written first, a comment stands beside or above it, or a comment names it."""
    lines = [line.removeprefix("#| ").removeprefix("#> ") for line in TEXT.splitlines()]
    comments = "\n".join(line.partition("#")[2] for line in lines)
    bare = []
    for key in sorted({key for _, key in all_keys()} | MERGING):
        pattern = re.compile(rf"(^|[{{,]\s*){key} = |^\[+(\w+\.)*{key}[].]")
        number = next(n for n, line in enumerate(lines) if pattern.search(line) and not line.startswith("#"))
        beside = "#" in lines[number] or lines[number - 1].startswith("#")
        if not beside and not re.search(rf"\b{key}\b", comments):
            bare.append(f"{number + 1}: {key}")
    assert [] == bare


@pytest.mark.parametrize("text", [TEXT, SECOND, THIRD], ids=["first", "second", "third"])
def test_a_copy_passes_the_check(text: str, tmp_path: Path) -> None:
    """Each file of the reference, copied, is a policy without a single finding."""
    copy = tmp_path / "copy.toml"
    copy.write_text(text, encoding="utf-8")
    assert [] == check_file(copy)


def test_unknown_and_every_measure_are_shown() -> None:
    """``unknown`` is asked for in each column that may be without a code, and each of the measures is used, with a word."""
    indicators = tomllib.loads(TEXT)["indicators"]
    assert set(get_args(Measure)) == {each["of"] for each in indicators if "of" in each}
    asked = {
        column
        for select in (each["select"] for each in indicators)
        for column, taken in select.items()
        if "unknown" in taken
    }
    assert {"severity", "field"} <= asked <= set(UNKNOWN_COLUMNS)
    comments = [line for line in TEXT.splitlines() if line.startswith("#")]
    assert any(all(word in line for word in (*UNKNOWN_COLUMNS, "unknown")) for line in comments)


def test_the_third_file_is_a_table_of_tiers() -> None:
    """It says a band for every pair of its grades, and every pair that is not the best becomes a cap."""
    tiers = tomllib.loads(THIRD)["tiers"]
    pairs = [(row, column) for row, line in tiers["table"].items() for column in line]
    assert 3 * 3 - 1 == len(set(pairs)) == len(pairs)


def test_it_is_no_shipped_policy() -> None:
    """The reference is taken for no policy: neither its id nor its file is among those that are shipped."""
    assert tomllib.loads(TEXT)["id"] not in policy_ids()
    assert str(REFERENCE) not in {version.path for version in list_policies()}
