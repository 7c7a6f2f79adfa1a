"""``sise policy law`` and what ``sise policy check`` says of the age of the law."""

from __future__ import annotations

import json
from typing import Any

import pytest

SOON, LATE = "2026-11-30", "2027-06-01"


@pytest.mark.parametrize(("lang", "ground"), [("zh", "读过存档文本"), ("en", "read in a stored text")])
def test_law_is_listed(sise: Any, lang: str, ground: str) -> None:
    """Every instrument stands with its tag, its age, its grounds and where it is used, in both languages."""
    done = sise("policy", "law", "quzhou-food", lang=lang, today=SOON)
    assert (0, True, True) == (
        done.returncode,
        ground in done.stdout,
        "quzhou-food@2026-07-01" in done.stdout,
    )
    assert "优化营商环境条例" in done.stdout


def test_law_as_json(sise: Any) -> None:
    """The JSON form has age, staleness, grounds and uses of every instrument."""
    law = json.loads(sise("policy", "law", "--format", "json", today=LATE).stdout)
    business = next(entry for entry in law["instruments"] if entry["id"] == "business")
    assert (184, True, 3, ["all"]) == (
        business["age"],
        business["stale"],
        business["grounds"],
        business["empowers"],
    )
    assert {"fact", "use"} == {use["role"] for use in business["used"]}


@pytest.mark.parametrize(("day", "stale"), [(SOON, False), (LATE, True)])
def test_check_warns_of_old_law(sise: Any, day: str, stale: bool) -> None:
    """The check warns of what nobody looked at for over 90 days by the clock, and always of unread amendments."""
    done = sise("policy", "check", "quzhou-demo", today=day)
    assert (0, stale, True) == (done.returncode, "[law_stale]" in done.stdout, "[law_unread]" in done.stdout)
    assert "State Council Order 777" in done.stdout
