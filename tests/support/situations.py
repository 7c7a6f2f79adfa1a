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

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS, codes
from scoring.errors import InputError

Table = dict[str, Any]
DEFAULT_POLICY = "quzhou-demo@2026-04-01"
VISIT_AGE = timedelta(days=10)
"""The clean visit that everybody has unless said otherwise took place so long before the day that is asked about."""

_OURS = {"record_id", "enterprise_id", "act_id", "amount_fen", "value_x100"}
KEYS: Mapping[str, frozenset[str]] = {
    "file": frozenset({"situation"}),
    "situation": frozenset({"id", "title", "ground", "policy", "enterprise", "branch", "prior", "visit", "covers", "records", "expect"}),
    "enterprise": frozenset(ENTERPRISE_COLUMNS) - {"enterprise_id", "parent_id"},
    "records": frozenset(RECORD_COLUMNS) - _OURS | {"id", "of", "yuan", "score"},
    "expect": frozenset(
        {"on", "of", "policy", "colour", "not_rated", "reasons", "caps", "vetoes", "excluded", "coverage", "forecast", "path"}
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
            yield from self._versions("branch", self.situation["branch"], {"entity_type": "branch", "parent_id": self._id(None)})

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
        row |= {column: given[word] * 100 for word, column in (("yuan", "amount_fen"), ("score", "value_x100")) if word in given}
        return {"known_on": given.get("decided_on", given.get("occurred_on")), **row}


def read_cases(paths: Iterable[Path]) -> list[Case]:
    """The cases of some files, in order.

    Raises:
        InputError: A file, situation or key is not as the README says; place and key are named.
    """
    found = [case for path in paths for case in _of_file(path)]
    ids = [case.id for case in found]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise InputError(
            zh=f"“{twice[0]}” 出现了两次；同一文件内 id 不得重复，同一日期只写一次，例如把第二个改为 “{twice[0]}-2”",
            en=f'"{twice[0]}" is there twice; ids are unique in a file and a day is asked once, e.g. call the second "{twice[0]}-2"',
        )
    return found


def _of_file(path: Path) -> Iterator[Case]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    _check(document, "file", path.name)
    for situation in document.get("situation", []):
        place = f"{path.name}, {situation.get('id', '?')}"
        _check_situation(situation, place)
        for expect in situation["expect"]:
            other = f"-{expect['policy'].partition('@')[2]}" if "policy" in expect else ""
            of = f"-{expect['of']}" if "of" in expect else ""
            yield Case(f"{path.stem}-{situation['id']}-{expect['on']}{of}{other}", situation, expect)


def _check_situation(situation: Table, place: str) -> None:
    _check(situation, "situation", place)
    for name in ("enterprise", "branch"):
        given = situation.get(name, {})
        for version in given if isinstance(given, list) else [given]:
            _check(version, "enterprise", f"{place}, {name}")
    for record in situation.get("records", []):
        _check(record, "records", f"{place}, records, {record.get('id', '?')}")
    for expect in situation["expect"]:
        _check(expect, "expect", f"{place}, expect {expect.get('on', '?')}")
        if ("colour" in expect) == ("not_rated" in expect):
            raise InputError(
                zh='colour 与 not_rated 应写且只写一个；例如 colour = "green"',
                en='one of colour and not_rated must be given, and only one; e.g. colour = "green"',
                place=f"{place}, expect {expect['on']}",
            )
    if missing := {"zh", "en"} - {lang for lang, words in situation["title"].items() if words}:
        raise InputError(
            zh=f"title 缺少 {sorted(missing)[0]}；例如 title = {{ zh = \"…\", en = \"…\" }}",
            en=f"title lacks {sorted(missing)[0]}; e.g. title = {{ zh = \"…\", en = \"…\" }}",
            place=place,
        )


def _check(given: Table, where: str, place: str) -> None:
    """Refuses unknown keys, missing ones, and codes that are in no closed list."""
    allowed = KEYS[where]
    if strange := sorted(given.keys() - allowed):
        near = get_close_matches(strange[0], sorted(allowed), n=1) or sorted(allowed)[:1]
        raise InputError(
            zh=f"不认识的键 “{strange[0]}”；可用：{'、'.join(sorted(allowed))}；例如 {near[0]}",
            en=f'unknown key "{strange[0]}"; known: {", ".join(sorted(allowed))}; e.g. {near[0]}',
            place=place,
        )
    if missing := [key for key in NEEDED.get(where, ()) if not given.get(key)]:
        raise InputError(zh=f"缺少 {missing[0]}；例如 {EXAMPLE}", en=f"{missing[0]} is missing; e.g. {EXAMPLE}", place=place)
    for key, table in CODED_COLUMNS.items():
        if key in given and given[key] not in codes()[table]:
            near = get_close_matches(str(given[key]), codes()[table], n=1) or list(codes()[table])[:1]
            raise InputError(
                zh=f"{key} = “{given[key]}” 不在清单内；例如 {near[0]}",
                en=f'{key} = "{given[key]}" is in no list; e.g. {near[0]}',
                place=place,
            )
