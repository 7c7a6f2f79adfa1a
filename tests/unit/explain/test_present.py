"""An explanation as plain data.

Everything serialises, and what only officers may see is in nobody else's.
"""

from __future__ import annotations

import json
from itertools import chain

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
    """An enterprise finds a record that does not count in no list, cause or label of a step."""
    text = json.dumps(as_dict(explanation(), VERSION), ensure_ascii=False)
    assert [False] * 3 == [word in text for word in ("excluded", "HIDDEN-7", "r-hidden")]


def test_officers_get_the_rule_that_dropped_a_record() -> None:
    """Officers get each record that did not count with the rule's id and its words."""
    excluded = as_dict(explanation(), VERSION, officer=True)["excluded"]
    assert [("r-hidden", "not_final", {"zh": "尚未生效", "en": "not final"})] == [
        (entry["record"]["record_id"], entry["rule"], entry["why"]) for entry in excluded
    ]


def test_without_records_no_record_is_named() -> None:
    """Who may see no records gets steps and causes without them, officer or not."""
    for officer in (False, True):
        outlook = withheld(explanation(), officer=officer, records=False).outlook
        assert outlook is not None and outlook.path is not None
        causes = chain.from_iterable(turn.causes for turn in outlook.turns)
        assert {()} == {cause.records for cause in causes}
        assert [None, None] == [step.record_id for step in outlook.path.steps]
        label = "Apply for restoration: one record; open from 2026-08-31, out of use by 2026-09-14"
        assert {label} == {step.label["en"] for step in outlook.path.steps}
