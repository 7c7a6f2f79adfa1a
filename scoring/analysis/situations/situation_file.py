"""Reads files of situations: TOML that a lawyer can write.

Everything has a default, so that a situation states only what it is about. A key that nobody knows is
refused, because a misspelt expectation would be no expectation at all.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from scoring.analysis.situations.situation_case import OTHERS, VISIT, SituationCase, Table
from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS, Colour, codes
from scoring.errors import InputError
from scoring.policy.read.document import read_text

_OURS = {"record_id", "enterprise_id", "act_id", "amount_fen", "value_x100"}
KEYS: Mapping[str, frozenset[str]] = {
    "file": frozenset({"policy", "visit", "situation"}),
    "situation": frozenset(
        {
            "id",
            "title",
            "ground",
            "policy",
            "enterprise",
            *OTHERS,
            "prior",
            "visit",
            "covers",
            "records",
            "expect",
        }
    ),
    "enterprise": frozenset(ENTERPRISE_COLUMNS) - {"enterprise_id", "parent_id"},
    "records": frozenset(RECORD_COLUMNS) - _OURS | {"id", "of", "yuan", "score"},
    "expect": frozenset(
        {
            "on",
            "of",
            "policy",
            "colour",
            "band",
            "not_rated",
            "reasons",
            "caps",
            "vetoes",
            "excluded",
            "fields",
            "coverage",
            "forecast",
            "path",
        }
    ),
}
"""What may be said where: the canonical columns, shorter words for some of them, and what is expected."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "file": ("situation",),
    "situation": ("id", "title", "ground", "expect"),
    "records": ("id", "kind"),
    "expect": ("on",),
}
_SHAPES: Mapping[str, tuple[type, ...]] = {
    "situation": (list,),
    "title": (dict,),
    "enterprise": (dict, list),
    **dict.fromkeys(OTHERS, (dict, list)),
    "records": (list,),
    "expect": (list,),
    "reasons": (dict,),
    "excluded": (dict,),
    "fields": (dict,),
    "forecast": (dict,),
    "ground": (list,),
    "covers": (list,),
    "caps": (list,),
    "vetoes": (list,),
    "path": (list,),
    "visit": (bool,),
    "policy": (str,),
    "yuan": (int, float),
    "score": (int, float),
}
"""What the value of a key must be; of other keys the reader of records says what is wrong."""
_SHAPE_WORDS: Mapping[type, str] = {list: "[ … ]", dict: "{ … }", bool: "false", str: '"…"', int: "1"}


def read_cases(paths: Iterable[Path], policy: str | None = None) -> list[SituationCase]:
    """The cases of some files, in order.

    Args:
        paths: The files.
        policy: The policy of every situation that names none, in place of the one of its file.

    Raises:
        InputError: A file, situation or key is not as it must be; place and key are named.
    """
    cases: list[SituationCase] = []
    for path in paths:
        cases += _of_file(path, policy)
    counts = Counter(case.id for case in cases)
    twice = [case_id for case_id, times in counts.items() if times > 1]
    if twice:
        raise InputError("situation_twice", place=min(twice))
    return cases


def _of_file(path: Path, policy: str | None) -> Iterator[SituationCase]:
    document = _parsed(path)
    _check_keys(document, "file", path.name)
    for situation in _tables(document["situation"], "situation", path.name):
        place = f"{path.name}, {situation.get('id', '?')}"
        _check_situation(situation, place)
        named = {"policy": policy or document.get("policy"), "visit": document.get("visit", True)}
        whole = {**{key: value for key, value in named.items() if value is not None}, **situation}
        if whole["visit"] and any(record["id"] == VISIT for record in whole.get("records", [])):
            # it would be taken for another version of the visit that everybody has
            raise InputError("situation_twice", place=f"{place}, records, {VISIT}")
        for expect in whole["expect"]:
            if "policy" not in {*whole, *expect}:
                raise InputError("situation_without_policy", place=place)
            yield SituationCase(_name(path, whole, expect), whole, expect)


def _name(path: Path, situation: Table, expect: Table) -> str:
    """The readable name of a case: file, situation, day, and what of it is asked."""
    other = f"-{expect['policy'].partition('@')[2]}" if "policy" in expect else ""
    of = f"-{expect['of']}" if "of" in expect else ""
    return f"{path.stem}-{situation['id']}-{expect['on']}{of}{other}"


def _parsed(path: Path) -> Table:
    try:
        return tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("situation_not_toml", place=path.name, reason=str(error)) from error


def _check_situation(situation: Table, place: str) -> None:
    _check_keys(situation, "situation", place)
    for lang in ("zh", "en"):
        if not situation["title"].get(lang):
            raise InputError("situation_title_lacks", place=place, language=lang)
    for name in ("enterprise", *OTHERS):
        given = situation.get(name, {})
        versions = given if isinstance(given, list) else [given]
        for version in _tables(versions, name, place):
            _check_keys(version, "enterprise", f"{place}, {name}")
    for record in _tables(situation.get("records", []), "records", place):
        inside = f"{place}, records, {record.get('id', '?')}"
        _check_keys(record, "records", inside)
        _check_of(record, situation, inside)
    for expect in _tables(situation["expect"], "expect", place):
        _check_expect(expect, situation, f"{place}, expect {expect.get('on', '?')}")


def _check_expect(expect: Table, situation: Table, place: str) -> None:
    _check_keys(expect, "expect", place)
    _check_of(expect, situation, place)
    if not isinstance(expect["on"], date) or isinstance(expect["on"], datetime):
        raise InputError("situation_no_day", place=place)
    if ("colour" in expect or "band" in expect) == ("not_rated" in expect):
        raise InputError("situation_expects_one", place=place)
    if "colour" in expect and expect["colour"] not in set(Colour):
        raise InputError("situation_colour_unknown", place=place, colour=expect["colour"])
    if strange := sorted(expect.get("fields", {}).keys() - codes()["fields"].keys()):
        near = _near(strange[0], list(codes()["fields"]))
        raise InputError("situation_code_unknown", place=place, key="fields", name=strange[0], near=near)


def _check_of(given: Table, situation: Table, place: str) -> None:
    if "of" not in given:
        return
    if given["of"] not in OTHERS or given["of"] not in situation:
        of = given["of"] if given["of"] in OTHERS else OTHERS[0]
        raise InputError("situation_of_unknown", place=place, of=of)


def _tables(values: Sequence[Any], key: str, place: str) -> Sequence[Table]:
    """The tables of a list; anything else in it is refused."""
    for value in values:
        if not isinstance(value, dict):
            raise InputError("situation_form", place=place, key=key, shape=_SHAPE_WORDS[dict])
    return values


def _check_keys(given: Table, form: str, place: str) -> None:
    """Refuses unknown keys, missing ones, values of another form, and codes that are in no closed list."""
    allowed = sorted(KEYS[form])
    if strange := sorted(given.keys() - KEYS[form]):
        raise InputError(
            "situation_key_unknown",
            place=place,
            key=strange[0],
            known=allowed,
            near=_near(strange[0], allowed),
        )
    for key in NEEDED.get(form, ()):
        if not given.get(key):
            raise InputError("situation_key_missing", place=place, key=key)
    for key, value in given.items():
        shapes = _SHAPES.get(key)
        # numbers and truth are two things, though not to Python
        if shapes and (not isinstance(value, shapes) or (isinstance(value, bool) and bool not in shapes)):
            raise InputError("situation_form", place=place, key=key, shape=_SHAPE_WORDS[shapes[0]])
    for key, table in CODED_COLUMNS.items():
        if key in given and given[key] not in codes()[table]:
            near = _near(str(given[key]), list(codes()[table]))
            raise InputError("situation_code_unknown", place=place, key=key, name=given[key], near=near)


def _near(word: str, known: list[str]) -> str:
    return (get_close_matches(word, known, n=1) or known[:1])[0]
