"""Two policies compared: every field of the schema, and nothing that is equal."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import bands, indicator, make_policy, per_unit, rule, text, version_of

from scoring.analysis.impact.changes import compared
from scoring.analysis.impact.diff import differences
from scoring.policy.language.schema import Form, Policy
from scoring.policy.load import list_policies, load_policy

OLD, NEW = load_policy("quzhou-demo@2023-05-01", None), load_policy("quzhou-demo@2026-04-01", None)


def told(old: Policy, new: Policy, lang: str = "en") -> list[str]:
    """The changes as sentences."""
    return [change["text"][lang] for change in compared(version_of(old), version_of(new))["changes"]]


def test_the_shipped_versions() -> None:
    """Between the two shipped versions the changes that their files announce are named, in both languages."""
    found = compared(OLD, NEW)
    words = {lang: [change["text"][lang] for change in found["changes"]] for lang in ("zh", "en")}
    assert found["decides"]
    assert {
        "指标 轻微行政处罚：window_days 365 → 89",
        "指标 一般行政处罚：age_weights 365: 100、730: 60、1,095: 30 → 180: 100、365: 60",
        "指标 轻微行政处罚：bins ≤ 0 得 0、≤ 100 得 −15、≤ 200 得 −25、其余 得 −40 → ≤ 0 得 0、≤ 100 得 −10、其余 得 −25",
        "等级上限 在安全生产失信名单：删去（原为 all work_safety_listings ≥ 1；legal safety_law_78；band C）",
        "监管措施 A：legal 增加 inspection_limits",
    } <= set(words["zh"])
    assert (
        "Veto On the work-safety list: added (all work_safety_listings ≥ 1; legal mem11; band D)"
        in words["en"]
    )


@pytest.mark.parametrize("version", list_policies(), ids=lambda v: f"{v.policy.id}@{v.policy.version}")
def test_a_policy_and_itself(version: Any) -> None:
    """A policy and itself differ in nothing."""
    found = compared(version, version)
    assert ([], False) == (found["changes"], found["decides"])


def test_every_number_of_a_shipped_policy_is_compared() -> None:
    """Each field that holds a number, changed alone, gives exactly one change, at its path, with both values."""
    plain = NEW.policy.model_dump(by_alias=True, exclude_none=True)
    places = list(_numbers(plain, ()))
    assert 100 < len(places)
    for place in places:
        *way, last = place
        changed = NEW.policy.model_dump(by_alias=True, exclude_none=True)
        target = changed
        for step in way:
            target = target[step]
        target[last] += -1 if target[last] == 10_000 else 1
        found = differences(NEW.policy, Policy.model_validate(changed))
        assert 1 == len(found), place
        assert found[0].decides, place


def _numbers(value: Any, way: tuple[Any, ...]) -> Any:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, (list, tuple))
        else ()
    )
    for key, item in items:
        if isinstance(item, int) and not isinstance(item, bool) and "age_weights" not in way:
            yield (*way, key)
        yield from _numbers(item, (*way, key))


def test_labels_alone_decide_nothing() -> None:
    """When only a label changed the hashes are equal and it is said that nothing that decides changed."""
    found = compared(
        version_of(make_policy()), version_of(make_policy(indicator("honours", label=text("prizes"))))
    )
    assert (False, ['Indicator prizes: label "honours" → "prizes"']) == (
        found["decides"],
        [change["text"]["en"] for change in found["changes"]],
    )
    assert "Nothing that decides changed" in found["summary"]["en"]
    assert "没有变化" in found["summary"]["zh"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"upgrade_margin": 5}, "Policy: upgrade_margin 0 → 5"),
        ({"subjects": ["branch"]}, "Policy: subjects gains branch, loses company"),
        ({"scale": {"base": 90, "low": 0, "high": 200}}, "Scale: base 100 → 90"),
        ({"review": {"fall_of_bands": 2}}, "Review: fall_of_bands none → 2"),
        ({"supervision": {"A": {"sampling_bp": 100}}}, "Supervision A: added (sampling_bp 100)"),
        (
            {"audiences": {"public": {"colour": True}}},
            "Audience public: added (colour yes; points no; reasons no; records no)",
        ),
        (
            {"gates": [rule("gone", all=[{"enterprise": "status", "in": ["revoked"]}])]},
            "Gate gone: added (all status is Revoked)",
        ),
        ({"bands": bands(("A", 150), ("B", 110), ("C", 50), ("D", 0))}, "Band B: from 100 → 110"),
    ],
)
def test_parts_of_a_policy(changes: dict[str, Any], expected: str) -> None:
    """Margin, subjects, scale, review, supervision, audiences, gates and bands: one change each, in words."""
    assert [expected] == told(make_policy(), make_policy(**changes))


def test_points_by_value_and_selection() -> None:
    """Bins are told as points at a value, a selection by what it gains and loses."""
    before = make_policy(indicator("x", bins=per_unit(0, -10), select={"severity": ["minor"]}))
    after = make_policy(indicator("x", bins=per_unit(0, -20), select={"severity": ["minor", "serious"]}))
    bins = "Indicator x: bins ≤ 0 gives 0, more gives −10 → ≤ 0 gives 0, more gives −20"
    assert ["Indicator x: select.severity gains Serious", bins] == told(before, after)


def test_order_decides() -> None:
    """Gates in another order are a change: the first that holds names the reason."""
    gates = [
        rule(name, all=[{"indicator": "honours", "at_least": n}]) for n, name in enumerate(("one", "two"))
    ]
    assert ["Gate: order one, two → two, one"] == told(
        make_policy(gates=gates), make_policy(gates=gates[::-1])
    )


def test_removal_and_addition_mirror() -> None:
    """Compared the other way round, what was added is removed, at the same places."""
    forth, back = differences(OLD.policy, NEW.policy), differences(NEW.policy, OLD.policy)
    mirror = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted((d.path, mirror[d.kind]) for d in forth) == sorted((d.path, d.kind) for d in back)


class Later(Policy):
    """A policy of a later schema, with a field that nobody knows today."""

    class Appeal(Form):
        """What a later law asks for."""

        days: int

    appeal: Appeal = Appeal(days=10)


def test_a_new_field_needs_no_new_code() -> None:
    """A field that is added to the schema later is compared and told under its own name."""
    old, new = (Later.model_validate({**dict(make_policy()), "appeal": {"days": n}}) for n in (10, 15))
    assert ["appeal: days 10 → 15"] == told(old, new)
