"""Checks of names: unique ids, nothing named that is not there or left unused, both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from scoring.entities import codes
from scoring.policy.check.subject import Subject, nearest, repeated
from scoring.policy.language.schema import Condition, Select, Text
from scoring.policy.language.selection import UNKNOWN, UNKNOWN_COLUMNS
from scoring.policy.law.finality import finality_ids
from scoring.policy.law.relations import relation_ids
from scoring.policy.read.finding import Finding, TomlPath

# the contribution that clipping to the scale makes bears this name in every result
RESERVED = "scale_limit"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CODED_CONDITIONS = {"status": "statuses", "entity_type": "entity_types", "size_band": "size_bands"}
_CODED_SELECT = {
    "kind": "kinds",
    "field": "fields",
    "result": "results",
    "severity": "severities",
    "info_class": "severities",
    "occasion": "occasions",
}


def check_ids(subject: Subject) -> Iterator[Finding]:
    """Ids are unique in their list, and none is the name of the scale's own contribution."""
    for list_name in ("legal", "groups", "indicators", "fields", "bands", "gates", "caps", "vetoes"):
        entry_ids = [entry.id for entry in getattr(subject.policy, list_name) or ()]
        for position, name in repeated(entry_ids):
            yield subject.finding("id_twice", (list_name, position, "id"), list_name=list_name, id=name)
    for toml_path, indicator in subject.indicators():
        if indicator.id == RESERVED:
            yield subject.finding("id_reserved", (*toml_path, "id"), id=RESERVED)


def check_references(subject: Subject) -> Iterator[Finding]:
    """Everything that is named exists: groups, indicators, bands, codes, the finality profile."""
    policy = subject.policy
    profile, types = [policy.finality], codes()["entity_types"]
    yield from _unknown(subject, "unknown_finality", ("finality",), "finality", profile, finality_ids())
    relations = [policy.relations] if policy.relations else []
    yield from _unknown(subject, "unknown_relations", ("relations",), "relations", relations, relation_ids())
    yield from _unknown(subject, "unknown_code", ("subjects",), "subjects", policy.subjects, types)
    groups = [group.id for group in policy.groups]
    known_indicators = [indicator.id for indicator in policy.indicators]
    for position, related in enumerate(policy.fields or ()):
        toml_path: TomlPath = ("fields", position)
        yield from _unknown(
            subject, "unknown_code", (*toml_path, "id"), "id", [related.id], codes()["fields"]
        )
        used, key = related.indicators, "indicators"
        yield from _unknown(subject, "unknown_indicator", (*toml_path, key), key, used, known_indicators)
    if policy.activity is not None:
        kinds = policy.activity.kind
        yield from _unknown(subject, "unknown_code", ("activity", "kind"), "kind", kinds, codes()["kinds"])
    for key in ("period", "standing"):
        published = getattr(policy.publication, key, None) or ()
        toml_path = ("publication", key)
        yield from _unknown(subject, "unknown_code", toml_path, key, published, codes()["kinds"])
    for toml_path, indicator in subject.indicators():
        group = [indicator.group]
        yield from _unknown(subject, "unknown_group", (*toml_path, "group"), "group", group, groups)
        yield from _codes_of(subject, (*toml_path, "select"), indicator.select)
        if indicator.among is not None:
            yield from _codes_of(subject, (*toml_path, "among"), indicator.among)
    yield from _bands_named(subject)


def check_states(subject: Subject) -> Iterator[Finding]:
    """Who asks whether a finding was mended says how records are related."""
    if subject.policy.relations is not None:
        return
    for toml_path, indicator in subject.indicators():
        for key, select in (("select", indicator.select), ("among", indicator.among)):
            if select is not None and select.state is not None:
                yield subject.finding(
                    "state_without_relations",
                    (*toml_path, key),
                    indicator=indicator.id,
                    near=relation_ids()[-1],
                )


def _bands_named(subject: Subject) -> Iterator[Finding]:
    policy = subject.policy
    bands = [band.id for band in policy.bands]
    for toml_path, limit in subject.limits():
        named = [limit.band] if limit.band else []
        yield from _unknown(subject, "unknown_band", (*toml_path, "band"), "band", named, bands)
    yield from _unknown(subject, "unknown_band", ("review", "to"), "review.to", policy.review.to, bands)
    for name in policy.supervision:
        toml_path = ("supervision", name)
        yield from _unknown(subject, "unknown_band", toml_path, "supervision", [name], bands)


def check_groups(subject: Subject) -> Iterator[Finding]:
    """Two levels: a sub-group lies in a group that lies in none; indicators stand in the lowest."""
    groups = subject.policy.groups
    tops = [group.id for group in groups if group.within is None]
    first_inner = {group.within: group.id for group in reversed(groups) if group.within}
    for position, group in enumerate(groups):
        if group.within is not None:
            parent = [group.within]
            yield from _unknown(subject, "unknown_group", ("groups", position), "within", parent, tops)
    for toml_path, indicator in subject.indicators():
        if indicator.group in first_inner:
            yield subject.finding(
                "group_not_lowest",
                (*toml_path, "group"),
                indicator=indicator.id,
                group=indicator.group,
                inner=first_inner[indicator.group],
            )


def check_legal_references(subject: Subject) -> Iterator[Finding]:
    """Every article that is cited stands under ``[[legal]]``, and the origin too."""
    known_ids = [entry.id for entry in subject.policy.legal]
    if subject.policy.origin is not None:
        origin = [subject.policy.origin]
        yield from _unknown(subject, "unknown_legal", ("origin",), "origin", origin, known_ids)
    for toml_path, cited in _citations(subject):
        yield from _unknown(subject, "unknown_legal", (*toml_path, "legal"), "legal", cited, known_ids)


def _citations(subject: Subject) -> Iterator[tuple[TomlPath, tuple[str, ...]]]:
    """Paths of what cites, with the ids that it cites."""
    for toml_path, indicator in subject.indicators():
        yield toml_path, indicator.legal
    for toml_path, rule in subject.rules():
        yield toml_path, rule.legal
    for band, supervision in subject.policy.supervision.items():
        yield ("supervision", band), supervision.legal
    if subject.policy.publication is not None:
        yield ("publication",), subject.policy.publication.legal or ()


def check_conditions(subject: Subject) -> Iterator[Finding]:
    """Conditions test indicators and codes that exist, with bounds in order."""
    known_ids = [indicator.id for indicator in subject.policy.indicators]
    for toml_path, condition in subject.conditions():
        if condition.indicator is not None:
            named = [condition.indicator]
            yield from _unknown(subject, "unknown_indicator", toml_path, "indicator", named, known_ids)
        yield from _codes_tested(subject, toml_path, condition)
        least, most = condition.at_least, condition.at_most
        if least is not None and most is not None and least > most:
            yield subject.finding("empty_condition", toml_path, at_least=least, at_most=most)


def _codes_tested(subject: Subject, toml_path: TomlPath, condition: Condition) -> Iterator[Finding]:
    attribute = str(condition.enterprise)
    # districts and industries are open lists: nobody here knows all of their codes
    if attribute in _CODED_CONDITIONS:
        known_ids = codes()[_CODED_CONDITIONS[attribute]]
        yield from _unknown(subject, "unknown_code", toml_path, attribute, condition.in_ or (), known_ids)


def check_used(subject: Subject) -> Iterator[Finding]:
    """Groups hold an indicator, articles are cited, indicators give points or serve a rule.

    Otherwise something was forgotten.
    """
    filled = {indicator.group for indicator in subject.policy.indicators}
    filled |= {group.within for group in subject.policy.groups if group.within}
    for position, group in enumerate(subject.policy.groups):
        if group.id not in filled:
            yield subject.finding("unused_group", ("groups", position), group=group.id)
    tested = {condition.indicator for _, condition in subject.conditions()}
    relations = subject.law.relations if subject.law else None
    shown_beside = set(relations.grades.kinds) if relations else set()
    for toml_path, indicator in subject.indicators():
        # a derived grade may be shown beside what it is made of
        if set(indicator.select.kind) <= shown_beside:
            continue
        if indicator.id not in tested and not any([indicator.unknown, *indicator.points_by_value]):
            yield subject.finding("idle_indicator", toml_path, indicator=indicator.id)
    cited = {subject.policy.origin}.union(*(entry_ids for _, entry_ids in _citations(subject)))
    for position, entry in enumerate(subject.policy.legal):
        # what permits publication serves without being cited
        if entry.id not in cited and not entry.permits:
            yield subject.finding("unused_legal", ("legal", position), severity="warning", entry=entry.id)


def check_texts(subject: Subject) -> Iterator[Finding]:
    """A Chinese text holds Han characters and an English one none: finds what is untranslated."""
    for toml_path, text in _texts(subject.policy, ()):
        if not _HAN.search(text.zh):
            yield subject.finding("untranslated", (*toml_path, "zh"), "untranslated_zh", text=text.zh)
        if _HAN.search(text.en) or not text.en.strip():
            yield subject.finding("untranslated", (*toml_path, "en"), "untranslated_en", text=text.en)


def _texts(value: object, toml_path: TomlPath) -> Iterator[tuple[TomlPath, Text]]:
    """All texts in a part of the policy, with their paths."""
    if isinstance(value, Text):
        yield toml_path, value
    elif isinstance(value, BaseModel):
        for name, field_info in type(value).model_fields.items():
            yield from _texts(getattr(value, name), (*toml_path, field_info.alias or name))
    elif isinstance(value, tuple):
        for position, entry in enumerate(value):
            yield from _texts(entry, (*toml_path, position))


def _codes_of(subject: Subject, toml_path: TomlPath, select: Select) -> Iterator[Finding]:
    for toml_key, code_table in _CODED_SELECT.items():
        used, known_ids = getattr(select, toml_key) or (), [*codes()[code_table]]
        if toml_key in UNKNOWN_COLUMNS:
            known_ids.append(UNKNOWN)
        yield from _unknown(subject, "unknown_code", (*toml_path, toml_key), toml_key, used, known_ids)


def _unknown(
    subject: Subject,
    code: str,
    toml_path: TomlPath,
    toml_key: str,
    used: Iterable[str],
    known_ids: Iterable[str],
) -> Iterator[Finding]:
    """A finding for each name that is used and not known."""
    known_names = list(known_ids)
    for name in used:
        if name not in known_names:
            nearest_name = nearest(name, known_names)
            yield subject.finding(code, toml_path, "unknown_name", key=toml_key, name=name, near=nearest_name)
