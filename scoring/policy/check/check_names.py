"""Checks of names: ids are unique, what is used exists, what exists is used, texts are in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from scoring.entities import codes
from scoring.policy.check.subject import Subject, nearest, repeated
from scoring.policy.language.schema import Select, Text
from scoring.policy.law.finality import finality_ids
from scoring.policy.read.finding import Finding, TomlPath

RESERVED = "scale_limit"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CODED_CONDITIONS = {"status": "statuses", "entity_type": "entity_types", "size_band": "size_bands"}
_CODED_SELECT = {
    "kind": "kinds",
    "field": "fields",
    "result": "results",
    "severity": "severities",
    "info_class": "severities",
}


def check_ids(s: Subject) -> Iterator[Finding]:
    """Ids are unique in their list; gates, caps and vetoes share one list, as results name them together."""
    p = s.policy
    lists: tuple[tuple[str, list[str]], ...] = (
        ("legal", [x.id for x in p.legal]),
        ("groups", [x.id for x in p.groups]),
        ("indicators", [x.id for x in p.indicators]),
        ("bands", [x.id for x in p.bands]),
        ("gates", [x.id for x in p.gates]),
        ("caps", [x.id for x in p.caps]),
        ("vetoes", [x.id for x in p.vetoes]),
    )
    for name, ids in lists:
        for i, value in repeated(ids):
            yield s.finding(
                "id_twice",
                (name, i, "id"),
                f"{name} 中 id “{value}” 出现了两次，每个 id 只能用一次，例如改为 {value}_2",
                f'id "{value}" occurs twice in {name}, each id is used once, e.g. call this one {value}_2',
            )
    for where, indicator in s.indicators():
        if indicator.id == RESERVED:
            yield s.finding(
                "id_reserved",
                (*where, "id"),
                f"{RESERVED} 留给分数截断使用，请换一个 id，例如 size_limit",
                f"{RESERVED} is kept for clipping to the scale, take another id, e.g. size_limit",
            )


def check_references(s: Subject) -> Iterator[Finding]:
    """Everything that is named exists: groups, indicators, bands, legal entries, codes, the finality profile."""
    p = s.policy
    bands, groups = [b.id for b in p.bands], [g.id for g in p.groups]
    yield from _unknown(s, "unknown_finality", ("finality",), "finality", [p.finality], finality_ids())
    yield from _unknown(s, "unknown_code", ("subjects",), "subjects", p.subjects, codes()["entity_types"])
    for where, indicator in s.indicators():
        yield from _unknown(s, "unknown_group", (*where, "group"), "group", [indicator.group], groups)
        yield from _codes_of(s, (*where, "select"), indicator.select)
        if indicator.among is not None:
            yield from _codes_of(s, (*where, "among"), indicator.among)
    for where, limit in s.limits():
        yield from _unknown(
            s, "unknown_band", (*where, "band"), "band", [limit.band] if limit.band else (), bands
        )
    yield from _unknown(s, "unknown_band", ("review", "to"), "review.to", p.review.to, bands)
    for name in p.supervision:
        yield from _unknown(s, "unknown_band", ("supervision", name), "supervision", [name], bands)


def check_groups(s: Subject) -> Iterator[Finding]:
    """Two levels: a sub-group lies within a group that lies in none, and indicators stand in the lowest level."""
    tops = [g.id for g in s.policy.groups if g.within is None]
    parents = {g.within for g in s.policy.groups if g.within}
    for i, group in enumerate(s.policy.groups):
        if group.within is not None:
            yield from _unknown(s, "unknown_group", ("groups", i), "within", [group.within], tops)
    for where, indicator in s.indicators():
        if indicator.group in parents:
            inner = next(g.id for g in s.policy.groups if g.within == indicator.group)
            yield s.finding(
                "group_not_lowest",
                (*where, "group"),
                f'指标 {indicator.id} 直接放在一级组 {indicator.group}，该组已分二级，请放入其中之一，例如 group = "{inner}"',
                f'indicator {indicator.id} stands in {indicator.group}, which has sub-groups: put it into one, e.g. group = "{inner}"',
            )


def check_legal_references(s: Subject) -> Iterator[Finding]:
    """Every article that is cited stands under ``[[legal]]``, and the origin too."""
    known = [entry.id for entry in s.policy.legal]
    if s.policy.origin is not None:
        yield from _unknown(s, "unknown_legal", ("origin",), "origin", [s.policy.origin], known)
    for where, cited in _citations(s):
        yield from _unknown(s, "unknown_legal", (*where, "legal"), "legal", cited, known)


def _citations(s: Subject) -> Iterator[tuple[TomlPath, tuple[str, ...]]]:
    yield from ((where, indicator.legal) for where, indicator in s.indicators())
    yield from ((where, rule.legal) for where, rule in s.rules())
    yield from (
        (("supervision", band), supervision.legal) for band, supervision in s.policy.supervision.items()
    )


def check_conditions(s: Subject) -> Iterator[Finding]:
    """Conditions test indicators and codes that exist, with bounds in order."""
    known = [i.id for i in s.policy.indicators]
    for where, c in s.conditions():
        if c.indicator is not None:
            yield from _unknown(s, "unknown_indicator", where, "indicator", [c.indicator], known)
        table = _CODED_CONDITIONS.get(c.enterprise or "")
        if table is not None:
            yield from _unknown(s, "unknown_code", where, str(c.enterprise), c.in_ or (), codes()[table])
        if c.at_least is not None and c.at_most is not None and c.at_least > c.at_most:
            yield s.finding(
                "empty_condition",
                where,
                f"at_least {c.at_least} 大于 at_most {c.at_most}，条件永不成立，例如 at_least = {c.at_most}, at_most = {c.at_least}",
                f"at_least {c.at_least} is above at_most {c.at_most}, which never holds, "
                f"e.g. at_least = {c.at_most}, at_most = {c.at_least}",
            )


def check_used(s: Subject) -> Iterator[Finding]:
    """Groups hold an indicator, articles are cited, indicators give points or serve a rule: else something was forgotten."""
    grouped = {i.group for i in s.policy.indicators}
    parents = {g.within for g in s.policy.groups if g.within}
    for i, group in enumerate(s.policy.groups):
        if group.id not in grouped | parents:
            yield s.finding(
                "unused_group",
                ("groups", i),
                f'组 {group.id} 没有任何指标，请删去或加入指标，例如 group = "{group.id}"',
                f'group {group.id} holds no indicator, drop it or add one, e.g. group = "{group.id}"',
            )
    tested = {c.indicator for _, c in s.conditions()}
    for where, indicator in s.indicators():
        if indicator.id not in tested and not any([indicator.unknown, *indicator.points_by_value]):
            yield s.finding(
                "idle_indicator",
                where,
                f"指标 {indicator.id} 不加减分，也没有条件用到它，请给出分值或删去，例如 points = -10",
                f"indicator {indicator.id} gives no points and no condition tests it, give points or drop it, e.g. points = -10",
            )
    cited = {id_ for _, ids in _citations(s) for id_ in ids} | {s.policy.origin}
    for i, entry in enumerate(s.policy.legal):
        if entry.id not in cited and not entry.permits:
            yield s.finding(
                "unused_legal",
                ("legal", i),
                f'依据 {entry.id} 没有被引用，请引用或删去，例如 legal = ["{entry.id}"]',
                f'legal entry {entry.id} is not cited, cite it or drop it, e.g. legal = ["{entry.id}"]',
                "warning",
            )


def check_texts(s: Subject) -> Iterator[Finding]:
    """A Chinese text holds Han characters and an English one none: catches texts left untranslated or swapped."""
    for where, text in _texts(s.policy, ()):
        if not _HAN.search(text.zh):
            yield s.finding(
                "untranslated",
                (*where, "zh"),
                f'中文文字 “{text.zh}” 里没有汉字，请写中文，例如 zh = "一般行政处罚"',
                f'the Chinese text "{text.zh}" holds no Han character, write Chinese, e.g. zh = "一般行政处罚"',
            )
        if _HAN.search(text.en) or not text.en.strip():
            yield s.finding(
                "untranslated",
                (*where, "en"),
                f'英文文字 “{text.en}” 还不是英文，请译成英文，例如 en = "General administrative penalties"',
                f'the English text "{text.en}" is not English, translate it, e.g. en = "General administrative penalties"',
            )


def _texts(value: object, where: TomlPath) -> Iterator[tuple[TomlPath, Text]]:
    if isinstance(value, Text):
        yield where, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _texts(getattr(value, name), (*where, info.alias or name))
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _texts(item, (*where, i))


def _codes_of(s: Subject, where: TomlPath, select: Select) -> Iterator[Finding]:
    for key, table in _CODED_SELECT.items():
        yield from _unknown(s, "unknown_code", (*where, key), key, getattr(select, key) or (), codes()[table])


def _unknown(
    s: Subject, code: str, where: TomlPath, key: str, used: Iterable[str], known: Iterable[str]
) -> Iterator[Finding]:
    options = list(known)
    for value in used:
        if value not in options:
            near = nearest(value, options)
            yield s.finding(
                code,
                where,
                f'{key} 写的是 “{value}”，并不存在，应为已有的名称，例如 "{near}"',
                f'{key} says "{value}", which does not exist, expected a name that does, e.g. "{near}"',
            )
