"""Warnings on what a fair-competition review must look at: origin, ownership, local tax, honours given locally.

公平竞争审查条例: rules must not favour by place, ownership or what an enterprise pays to one place. Only people can tell;
the check names where they must look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scoring.policy.check.subject import Subject
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.read.finding import Finding, TomlPath

PLACES = ("district_code", "supervised_by")
WORDS = re.compile(
    r"本地|外地|本市|属地|注册地|国有|民营|私营|外资|内资|所有制|股权性质|纳税额|税收贡献|"
    r"\b(local|origin|owner\w*|state-owned|private|foreign|tax paid|tax contribution)\b",
    re.IGNORECASE,
)
HONOURS = "honour"


def check_fair_competition(s: Subject) -> Iterator[Finding]:
    """Indicators and conditions on origin, ownership, local tax or honours given locally are pointed out."""
    for where, indicator in s.indicators():
        zh, en = (WORDS.search(text) for text in (indicator.label.zh, indicator.label.en))
        favours_tax = indicator.direction != "adverse" and AGGREGATES[indicator.aggregate].money
        if HONOURS in indicator.select.kind:
            yield _warning(s, where, indicator.id, "荣誉", "honours")
        elif zh or en or favours_tax:
            yield _warning(
                s, where, indicator.id, zh[0] if zh else "税费", en[0] if en else "tax and ownership"
            )
    for where, condition in s.conditions():
        if condition.enterprise in PLACES:
            yield _warning(s, where, str(condition.enterprise), "所在地", "place")


def _warning(s: Subject, where: TomlPath, name: str, zh: str, en: str) -> Finding:
    return s.finding(
        "fair_competition",
        where,
        f"{name} 涉及“{zh}”：经营者的所在地、所有制、当地税收和当地荣誉不得作为依据，公平竞争审查须特别审查；"
        "请说明必要性或删去，例如 note 写明只计全国或全省统一评定的荣誉",
        f'{name} is about "{en}": origin, ownership, local tax and local honours are no grounds, and the fair-competition review '
        "must look at it; say why or drop it, e.g. a note that only honours given nationwide or province-wide count",
        "warning",
    )
