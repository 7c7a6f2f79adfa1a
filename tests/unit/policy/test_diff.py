"""Two policies compared: every field of the schema, and nothing that is equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from worlds import bands, indicator, make_policy, per_unit, rule, text, version_of

from scoring.analysis.impact.changes import EFFECTS, Effect, compared
from scoring.analysis.impact.diff import differences
from scoring.entities import Lang
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Direction, Form, Policy, Tag, Text
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, wording

OLD, NEW = load_policy("quzhou-demo@2023-05-01", None), load_policy("quzhou-demo@2026-04-01", None)


def sentences(old: Policy, new: Policy, lang: str = "en") -> list[str]:
    """The changes as sentences."""
    return [change["text"][lang] for change in compared(version_of(old), version_of(new))["changes"]]


DRAFT = """
id = "quzhou-demo"
valid_from = 2026-08-01
extends = "quzhou-demo@2026-04-01"

[[indicators]]
id = "market_penalties"
window_days = 730
age_weights = [[180, 100], [730, 60]]

[[indicators]]
id = "food_refusals"
window_days = 89
bins = [{ upto = 0, points = 0 }, { upto = 2, points = -25 }, { points = -40 }]

[[indicators]]
id = "ip_infringements"
group = "consumers"

[[indicators]]
id = "other_refusals"
group = "penalties"

[[indicators]]
id = "slight_alarms"
group = "production"
direction = "adverse"
label = { zh = "轻微监测预警", en = "Slight alarms" }
select = { kind = ["monitoring_alarm"], severity = ["minor", "unknown"] }
aggregate = "count"
window_days = 89
bins = [{ upto = 0, points = 0 }, { upto = 1, points = -5 }, { points = -10 }]
legal = ["penalty_law_41", "business_53"]
remedy = { zh = "查明预警原因并消除。", en = "Find the cause of the alarms and remove it." }
"""
"""Changes of windows, weights, points and groups against the newest version, and a new indicator."""


@pytest.fixture
def draft(tmp_path: Path) -> ResolvedPolicy:
    """The draft as it is read."""
    path = tmp_path / "draft.toml"
    path.write_text(DRAFT, encoding="utf-8")
    return load_policy(str(path), None)


def test_the_shipped_versions() -> None:
    """Between two shipped versions the changes that their files announce are named in the words of the rule book."""
    comparison = compared(OLD, NEW)
    words = {lang: [change["text"][lang] for change in comparison["changes"]] for lang in ("zh", "en")}
    assert comparison["decides"]
    assert {
        "依据 信用修复管理办法：文件 国家发展改革委令第58号 → 国家发展改革委令第36号",
        "等级上限 在安全生产失信名单：删去，原为至多黄码 提高抽查；条件：安全生产失信名单 不少于 1 条；"
        "依据《安全生产法》",
        "监管措施 蓝码 降低抽查：依据增加 《国务院办公厅关于严格规范涉企行政检查的意见》",
    } <= set(words["zh"])
    assert (
        "Veto On the work-safety list: added: Set to Red Many more checks by law; when Work-safety listing at least "
        '1 record; by "Measures on the Work-Safety Serious-Default List", "Zhejiang Regulation on Public Credit Information"'
    ) in words["en"]


def test_effects_of_the_shipped_versions() -> None:
    """Caps and vetoes move grades and nothing moves points; legal bases and texts are counted as words."""
    comparison = compared(OLD, NEW)
    assert (set(), {"caps", "vetoes"}) == (areas(comparison, "points"), areas(comparison, "grades"))
    assert {"valid_from", "legal", "indicators", "supervision"} == areas(comparison, "words")
    assert {"version": 1, "cited": 7, "legal": 7, "texts": 5} == {
        sort["sort"]: sort["n"] for sort in comparison["folded"]
    }


def areas(comparison: dict[str, Any], effect: str) -> set[str]:
    """Parts of a policy in which something of this effect changed."""
    return {change["path"][0] for change in comparison["changes"] if change["effect"] == effect}


def test_effects_are_told_apart(draft: ResolvedPolicy) -> None:
    """Windows, weights and points move points; each is named in the words of the rule book."""
    comparison = compared(NEW, draft)
    assert {
        "指标 市场及其他领域的行政处罚：回看期 1,095 天 → 730 天",
        "指标 市场及其他领域的行政处罚：时间权重 365 天以内 100%，730 天以内 70%，1,095 天以内 40% → "
        "180 天以内 100%，730 天以内 60%",
        "指标 食品拒绝、阻碍检查：分档得分 1 条 −60 分，2 条起 −120 分 → 2 条以内 −25 分，3 条起 −40 分",
    } <= {change["text"]["zh"] for change in comparison["changes"] if change["effect"] == "points"}
    assert set(get_args(Effect)) == set(EFFECTS)
    assert {"points", "words"} == {change["effect"] for change in comparison["changes"]}


def test_regrouped_indicators_are_counted(draft: ResolvedPolicy) -> None:
    """That indicators moved to other groups is one line with their number; an indicator that came is told in short."""
    comparison = compared(NEW, draft)
    folded = {sort["sort"]: sort["text"] for sort in comparison["folded"]}
    assert ("2 个指标改了分组", "indicators moved to another group: 2") == (
        folded["regrouped"]["zh"],
        folded["regrouped"]["en"],
    )
    added = next(c for c in comparison["changes"] if c["path"] == ["indicators", "slight_alarms"])
    assert ("points", "新增，近 89 天，1 条 −5 分，2 条起 −10 分") == (
        added["effect"],
        added["brief"]["zh"],
    )
    told = "新增，近 89 天的监测预警（严重程度 轻微、未写明），计条数；1 条 −5 分，2 条起 −10 分"
    assert told == added["what"]["zh"]


def test_tiers_are_told_as_pairs(tmp_path: Path) -> None:
    """Of a table of tiers each pair that changed is named by its grades, as a cap and as a field of the table."""
    sectors = load_policy("quzhou-sectors@2026-07-01", None)
    table = sectors.text.partition("[tiers.table]")[2].partition("[[bands]]")[0]
    changed = table.replace('grade_d = "C", unknown = "B"', 'grade_d = "C", unknown = "C"')
    path = tmp_path / "draft.toml"
    head = 'id = "quzhou-sectors"\nvalid_from = 2026-09-01\nextends = "quzhou-sectors@2026-07-01"\n'
    path.write_text(f"{head}[tiers.table]{changed}", encoding="utf-8")
    comparison = compared(sectors, load_policy(str(path), None))
    assert {
        "等级上限 公共信用评价等级 A级，行业信用评价等级 不详：等级 绿码 常规抽查 → 黄码 提高抽查",
        "监管等级对照表：A级 × 未知 绿码 常规抽查 → 黄码 提高抽查",
        "监管等级对照表：B级 × 未知 绿码 常规抽查 → 黄码 提高抽查",
    } <= {change["text"]["zh"] for change in comparison["changes"] if change["effect"] == "grades"}
    assert ({"caps", "tiers"}, 4) == (
        areas(comparison, "grades"),
        sum(change["effect"] == "grades" for change in comparison["changes"]),
    )


def test_a_table_of_tiers_is_summarised() -> None:
    """That a table came is told by its indicators and articles; its pairs are the caps."""
    comparison = compared(NEW, load_policy("quzhou-sectors@2026-07-01", None))
    came = next(change["text"]["en"] for change in comparison["changes"] if change["path"] == ["tiers"])
    assert (
        "Policy: table of tiers none → rows Public credit grade; columns Industry grade; no better than the next "
        'column row Grade D; column Grade A; legal basis "Plan of 12 April 2021", '
        '"Regulation on Improving the Business Environment"'
    ) == came


def forms(annotation: Any) -> set[type[Form]]:
    """The models that a type names, and all that their fields name."""
    if isinstance(annotation, type) and issubclass(annotation, Form):
        fields = annotation.model_fields.values()
        return {annotation}.union(*(forms(field.annotation) for field in fields))
    return set().union(*map(forms, get_args(annotation)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_has_words(lang: Lang) -> None:
    """Each part and field of a policy, each aggregate and each code has its words."""
    keys = {f"d_area_{name}" for name, field in Policy.model_fields.items() if forms(field.annotation)}
    for form in forms(Policy) - {Text}:
        keys |= {f"k_{field.alias or name}" for name, field in form.model_fields.items()}
    keys |= {f"{kind}_{name}" for kind in ("v_aggregate", "unit") for name in AGGREGATES}
    keys |= {f"v_tag_{code}" for code in get_args(Tag)} | {
        f"v_direction_{code}" for code in get_args(Direction)
    }
    assert {"d_area_title", "d_area_note"} == keys - wording(lang).keys()


@pytest.mark.parametrize("version", list_policies(), ids=lambda v: f"{v.policy.id}@{v.policy.version}")
def test_a_policy_and_itself(version: Any) -> None:
    """A policy and itself differ in nothing."""
    comparison = compared(version, version)
    assert ([], [], False) == (comparison["changes"], comparison["folded"], comparison["decides"])


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
        at_most = 100 if last == "percent" else 10_000
        target[last] += -1 if target[last] == at_most else 1
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
    assert (False, ['Indicator prizes: name "honours" → "prizes"']) == (
        found["decides"],
        [change["text"]["en"] for change in found["changes"]],
    )
    assert "Nothing that decides changed" in found["summary"]["en"]
    assert "没有变化" in found["summary"]["zh"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"upgrade_margin": 5}, "Policy: margin of an upgrade 0 points → 5 points"),
        ({"subjects": ["branch"]}, "Policy: subjects gains Branch, loses Company"),
        ({"scale": {"base": 90, "low": 0, "high": 200}}, "Scale: base 100 points → 90 points"),
        ({"review": {"fall_of_bands": 2}}, "Review: fall of none → 2 bands"),
        ({"supervision": {"A": {"sampling_bp": 100}}}, "Supervision Blue A: added: share selected 1%"),
        (
            {"audiences": {"public": {"colour": True}}},
            "Audience public: added: colour yes; points no; reasons no; records no",
        ),
        (
            {"gates": [rule("gone", all=[{"enterprise": "status", "in": ["revoked"]}])]},
            "Gate gone: added: when status is Revoked",
        ),
        (
            {"bands": bands(("A", 150), ("B", 110), ("C", 50), ("D", 0))},
            "Band Green B: from 100 points → 110 points",
        ),
    ],
)
def test_parts_of_a_policy(changes: dict[str, Any], expected: str) -> None:
    """Margin, subjects, scale, review, supervision, audiences, gates and bands: one change each, in words."""
    assert [expected] == sentences(make_policy(), make_policy(**changes))


def test_points_by_value_and_selection() -> None:
    """Bins are worded as points by value, a selection by what it gains and loses."""
    before = make_policy(indicator("x", bins=per_unit(0, -10), select={"severity": ["minor"]}))
    after = make_policy(indicator("x", bins=per_unit(0, -20), select={"severity": ["minor", "serious"]}))
    bins = "Indicator x: points 1 record or more: −10 points → 1 record or more: −20 points"
    assert ["Indicator x: severity gains Serious", bins] == sentences(before, after)


def test_order_decides() -> None:
    """Gates in another order are a change: the first that holds names the reason."""
    gates = [
        rule(name, all=[{"indicator": "honours", "at_least": n}]) for n, name in enumerate(("one", "two"))
    ]
    assert ["Gate: order one, two → two, one"] == sentences(
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
    """A field that is added to the schema later is compared, shown and named as in the file."""
    old, new = (Later.model_validate({**dict(make_policy()), "appeal": {"days": n}}) for n in (10, 15))
    assert ["appeal: days 10 → 15"] == sentences(old, new)
