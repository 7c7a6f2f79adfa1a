"""Warnings on what a fair-competition review must look at.

公平竞争审查条例: rules must not favour by place, ownership or what an enterprise pays to one place,
nor by honours given locally. Only people can tell; the check names where they must look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scoring.policy.check.subject import Subject
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Indicator
from scoring.policy.read.finding import Finding, TomlPath
from scoring.rules.wording import both

PLACES = ("district_code", "supervised_by")
WORDS = re.compile(
    r"本地|外地|本市|属地|注册地|国有|民营|私营|外资|内资|所有制|股权性质|纳税额|税收贡献|"
    r"\b(local|origin|owner\w*|state-owned|private|foreign|tax paid|tax contribution)\b",
    re.IGNORECASE,
)
HONOURS = "honour"

Topic = Mapping[str, str]
"""What an indicator or condition is about, by language."""


def check_fair_competition(subject: Subject) -> Iterator[Finding]:
    """Indicators and conditions on origin, ownership, local tax or local honours are pointed out."""
    for toml_path, indicator in subject.indicators():
        if HONOURS in indicator.select.kind:
            yield _warning(subject, toml_path, indicator.id, both("fair_competition_honours"))
        elif topic := _topic(indicator):
            yield _warning(subject, toml_path, indicator.id, topic)
    for toml_path, condition in subject.conditions():
        if condition.enterprise in PLACES:
            name = str(condition.enterprise)
            yield _warning(subject, toml_path, name, both("fair_competition_place"))


def _topic(indicator: Indicator) -> Topic | None:
    """What an indicator seems to favour, ``None`` where nothing points at it."""
    matches = {lang: WORDS.search(label) for lang, label in indicator.label.words.items()}
    # an amount that gives points may be tax under any name
    favours_amounts = indicator.direction != "adverse" and AGGREGATES[indicator.aggregate].money
    if not favours_amounts and not any(matches.values()):
        return None
    assumed = both("fair_competition_tax")
    return {lang: match[0] if match else assumed[lang] for lang, match in matches.items()}


def _warning(subject: Subject, toml_path: TomlPath, name: str, topic: Topic) -> Finding:
    return subject.finding("fair_competition", toml_path, severity="warning", name=name, topic=topic)
