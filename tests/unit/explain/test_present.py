"""An explanation as plain data.

Everything serialises, and what only the enterprise itself and officers may see is in nobody else's.
"""

from __future__ import annotations

import json
from itertools import chain

import pytest
from outlooks import VERSION, explanation

from scoring.explain.present import as_dict, withheld


def test_the_outlook_serialises() -> None:
    """What-ifs, turns, steps and days are plain JSON values."""
    plain = json.loads(json.dumps(as_dict(explanation(), VERSION), ensure_ascii=False))
    record, path = plain["reasons"][0]["evidence"][0], plain["outlook"]["path"]
    assert {"points": 755, "band": "B", "status_reason": None} == record["without"]
    assert ("2026-08-31", "2026-09-14", "第四条") == (
        record["early_end"]["open_on"],
        record["early_end"]["effect_on"],
        record["early_end"]["legal"]["article"],
    )
    outlook = plain["outlook"]
    assert ("2026-09-14", 800, 150) == (path["on"], path["result"]["points"], outlook["distance"])
    assert ["2026-09-01", "2026-12-13", "2027-03-01"] == [turn["on"] for turn in outlook["turns"]]


def test_records_that_do_not_count_are_withheld() -> None:
    """Who is neither the enterprise nor an officer finds a record that does not count in no list, cause or step."""
    text = str(withheld(explanation()))
    assert [False] * 2 == [word in text for word in ("HIDDEN-7", "r-hidden")]


@pytest.mark.parametrize("officer", [False, True])
def test_own_readers_get_the_rule_that_dropped_a_record(officer: bool) -> None:
    """The enterprise and officers get each record that did not count with its rule in words and the article."""
    excluded = as_dict(explanation(), VERSION, officer=officer)["excluded"]
    why = {
        "zh": "尚未生效（行政复议、诉讼的期限未满），不计",
        "en": "Not final (the time for administrative review and lawsuit is not over); not counted",
    }
    assert [("r-hidden", "not_final", why, "zj_credit_11")] == [
        (entry["record"]["record_id"], entry["rule"], entry["why"], entry["legal"]["id"])
        for entry in excluded
    ]


def test_without_records_no_record_is_named() -> None:
    """Who may see no records gets steps and causes without them, whoever it is."""
    for own in (False, True):
        outlook = withheld(explanation(), own=own, records=False).outlook
        assert outlook is not None and outlook.path is not None
        causes = chain.from_iterable(turn.causes for turn in outlook.turns)
        assert {()} == {cause.records for cause in causes}
        assert [None, None] == [step.record_id for step in outlook.path.steps]
        label = "You can apply for credit repair from 31 August 2026 (one record)"
        assert {label} == {step.label["en"] for step in outlook.path.steps}
