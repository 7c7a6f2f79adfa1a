"""Situations: what is on record about an enterprise, and what must come of it on certain days, as TOML that a lawyer can write.

``tests/situations/README.md`` says how. Everything has a default, so that a situation states only what it is about; a key that
nobody knows is refused, because a misspelt expectation would be no expectation at all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS, Colour, Lang, codes
from scoring.errors import InputError

Table = dict[str, Any]


class SituationError(InputError):
    """A file of situations is not as the README says; its sentences are those of the tests alone."""

    def __init__(self, sentences: Mapping[Lang, str], place: str) -> None:
        super().__init__("situation_invalid", place=place)
        self._sentences = sentences

    def sentence(self, lang: Lang) -> str:
        """The sentence without place and code."""
        return self._sentences[lang]


DEFAULT_POLICY = "quzhou-demo@2026-04-01"
VISIT_AGE = timedelta(days=10)
"""The clean visit that everybody has unless said otherwise took place so long before the day that is asked about."""

_OURS = {"record_id", "enterprise_id", "act_id", "amount_fen", "value_x100"}
KEYS: Mapping[str, frozenset[str]] = {
    "file": frozenset({"situation"}),
    "situation": frozenset(
        {
            "id",
            "title",
            "ground",
            "policy",
            "enterprise",
            "branch",
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
            "not_rated",
            "reasons",
            "caps",
            "vetoes",
            "excluded",
            "coverage",
            "forecast",
            "path",
        }
    ),
}
"""What may be said where: the canonical columns, shorter words for some of them, and what is expected."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "situation": ("id", "title", "ground", "expect"),
    "records": ("id", "kind"),
    "expect": ("on",),
}
EXAMPLE = 'id = "x", title = { zh = "…", en = "…" }, ground = ["…"], expect = [{ on = 2026-06-30, colour = "green" }]'


@dataclass(frozen=True)
class Case:
    """One situation on one day.

    Attributes:
        id: Readable and unique: file, situation and day.
        situation: The situation as written.
        expect: What is expected on the day.
    """

    id: str
    situation: Table
    expect: Table

    @property
    def on(self) -> date:
        """The day that is asked about."""
        day: date = self.expect["on"]
        return day

    @property
    def policy(self) -> str:
        """The policy that applies on the day."""
        return str(self.expect.get("policy", self.situation.get("policy", DEFAULT_POLICY)))

    @property
    def covers(self) -> frozenset[str] | None:
        """Kinds that the sources cover; all where nothing is said."""
        return frozenset(self.situation["covers"]) if "covers" in self.situation else None

    @property
    def visited(self) -> bool:
        """Whether the clean visit is on record."""
        return bool(self.situation.get("visit", True))

    @property
    def enterprise_id(self) -> str:
        """Id of who is asked about."""
        return self._id(self.expect.get("of"))

    def enterprises(self) -> Iterator[Table]:
        """Rows of the enterprise and of its branch, every version."""
        yield from self._versions(None, self.situation.get("enterprise", {}), {"entity_type": "company"})
        if "branch" in self.situation:
            yield from self._versions(
                "branch", self.situation["branch"], {"entity_type": "branch", "parent_id": self._id(None)}
            )

    def records(self) -> Iterator[Table]:
        """Rows of its records, known on the day they are decided unless said otherwise."""
        for given in self.situation.get("records", []):
            yield self._record(given)
        if self.visited:
            day = self.on - VISIT_AGE
            visit = {"id": "visit", "kind": "inspection", "result": "no_problem", "occurred_on": day}
            yield self._record(visit | ({"of": self.expect["of"]} if "of" in self.expect else {}))

    def plain(self, record_id: str) -> str:
        """The id of a record as it was written; the copy that the legal person has of a branch's record ends in ``@branch``."""
        name, _, copied = record_id.removeprefix(f"{self.id}/").partition("@")
        return f"{name}@branch" if copied else name

    def _id(self, of: str | None) -> str:
        return f"case:{self.id}" + (f"/{of}" if of else "")

    def _versions(self, of: str | None, given: Table | list[Table], facts: Table) -> Iterator[Table]:
        for version in given if isinstance(given, list) else [given]:
            yield {"enterprise_id": self._id(of), "name": self.id, "status": "active", **facts, **version}

    def _record(self, given: Table) -> Table:
        row = {key: value for key, value in given.items() if key in RECORD_COLUMNS}
        row |= {"record_id": f"{self.id}/{given['id']}", "enterprise_id": self._id(given.get("of"))}
        row |= {
            column: given[word] * 100
            for word, column in (("yuan", "amount_fen"), ("score", "value_x100"))
            if word in given
        }
        return {"known_on": given.get("decided_on", given.get("occurred_on")), **row}


def read_cases(paths: Iterable[Path]) -> list[Case]:
    """The cases of some files, in order.

    Raises:
        InputError: A file, situation or key is not as the README says; place and key are named.
    """
    found = [case for path in paths for case in _of_file(path)]
    ids = [case.id for case in found]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        zh = "出现了两次；同一文件内 id 不得重复，同一日期只问一次"
        raise _refusal(
            zh, "is there twice; ids are unique in a file, and a day is asked once", 'id = "x-2"', twice[0]
        )
    return found


def _of_file(path: Path) -> Iterator[Case]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        zh, en = f"不是有效的 TOML（{error}）", f"no valid TOML ({error})"
        raise _refusal(zh, en, EXAMPLE, path.name) from error
    _check_keys(document, "file", path.name)
    for situation in document.get("situation", []):
        _check_situation(situation, f"{path.name}, {situation.get('id', '?')}")
        for expect in situation["expect"]:
            other = f"-{expect['policy'].partition('@')[2]}" if "policy" in expect else ""
            of = f"-{expect['of']}" if "of" in expect else ""
            yield Case(f"{path.stem}-{situation['id']}-{expect['on']}{of}{other}", situation, expect)


def _check_situation(situation: Table, place: str) -> None:
    _check_keys(situation, "situation", place)
    for lang in ("zh", "en"):
        if not situation["title"].get(lang):
            raise _refusal(
                f"title 缺少 {lang}", f"title lacks {lang}", 'title = { zh = "…", en = "…" }', place
            )
    if "prior" in situation:
        _check_colour("prior", situation["prior"], place)
    for name in ("enterprise", "branch"):
        given = situation.get(name, {})
        for version in given if isinstance(given, list) else [given]:
            _check_keys(version, "enterprise", f"{place}, {name}")
    for record in situation.get("records", []):
        inside = f"{place}, records, {record.get('id', '?')}"
        _check_keys(record, "records", inside)
        _check_of(record, situation, inside)
    for expect in situation["expect"]:
        _check_expect(expect, situation, f"{place}, expect {expect.get('on', '?')}")


def _check_expect(expect: Table, situation: Table, place: str) -> None:
    _check_keys(expect, "expect", place)
    _check_of(expect, situation, place)
    if not isinstance(expect["on"], date):
        raise _refusal("on 应为日期，不加引号", "on must be a date, without quotes", "on = 2026-06-30", place)
    if ("colour" in expect) == ("not_rated" in expect):
        zh, en = (
            "colour 与 not_rated 应写且只写一个",
            "one of colour and not_rated must be given, and only one",
        )
        raise _refusal(zh, en, 'colour = "green"', place)
    if "colour" in expect:
        _check_colour("colour", expect["colour"], place)


def _check_of(given: Table, situation: Table, place: str) -> None:
    if "of" in given and (given["of"] != "branch" or "branch" not in situation):
        zh, en = (
            "of 只能是 branch，且情形中要写 branch = {}",
            "of can only be branch, and the situation needs branch = {}",
        )
        raise _refusal(zh, en, 'of = "branch"', place)


def _check_colour(key: str, colour: object, place: str) -> None:
    if colour not in set(Colour):
        raise _refusal(
            f"{key} = “{colour}” 不是颜色", f'{key} = "{colour}" is no colour', f'{key} = "green"', place
        )


def _check_keys(given: Table, where: str, place: str) -> None:
    """Refuses unknown keys, missing ones, and codes that are in no closed list."""
    allowed = sorted(KEYS[where])
    if strange := sorted(given.keys() - KEYS[where]):
        zh, en = (
            f"不认识的键 “{strange[0]}”；可用：{'、'.join(allowed)}",
            f'unknown key "{strange[0]}"; known: {", ".join(allowed)}',
        )
        raise _refusal(zh, en, _near(strange[0], allowed), place)
    if missing := [key for key in NEEDED.get(where, ()) if not given.get(key)]:
        raise _refusal(f"缺少 {missing[0]}", f"{missing[0]} is missing", EXAMPLE, place)
    for key, table in CODED_COLUMNS.items():
        if key in given and given[key] not in codes()[table]:
            zh, en = f"{key} = “{given[key]}” 不在清单内", f'{key} = "{given[key]}" is in no list'
            raise _refusal(zh, en, _near(str(given[key]), list(codes()[table])), place)


def _near(word: str, known: list[str]) -> str:
    return (get_close_matches(word, known, n=1) or known[:1])[0]


def _refusal(zh: str, en: str, example: str, place: str) -> InputError:
    return SituationError({"zh": f"{zh}；例如 {example}", "en": f"{en}; e.g. {example}"}, place)
