"""The traps, as a table: what is planted, and what must become of it. Days count from the plan's ``as_of``; 0 is that day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scoring.analysis.synthetic.places import FIELDS
from scoring.analysis.synthetic.streams import STREAMS, Stream
from scoring.entities import MAX_AMOUNT_FEN

Values = Mapping[str, str | int | None]


class Plant(NamedTuple):
    """One row to plant.

    Attributes:
        expect: What must become of it, as in the ledger; ``""`` adds a row without a line of its own (it shares a record).
        values: Canonical columns; dates as days from ``as_of``; ``{n}`` in a text is a number unlike all others of the chunk.
        shares: The row of the same trap whose record id it bears, for versions and duplicates.
    """

    expect: str
    values: Values
    shares: int | None = None


class Trap(NamedTuple):
    """Rows planted together on one enterprise, with a note in both languages."""

    name: str
    zh: str
    en: str
    plants: tuple[Plant, ...]


MARKET = "衢州市虚构市场监管局"
NUMBER = "虚市市监罚〔2025〕9{n}号"
SPELLED = "虚市市监罚 [2025] 9{n}号"
PENALTY: Values = {
    "kind": "administrative_penalty",
    "field": "market",
    "severity": "general",
    "info_class": "general",
    "contest": "none",
    "procedure": "ordinary",
    "occurred_on": -290,
    "decided_on": -240,
    "served_on": -236,
    "final_on": -52,
    "publish_until": 125,
    "amount_fen": 800_000,
    "authority": MARKET,
    "document_no": NUMBER,
    "known_on": -233,
}
"""A penalty that counts on the day: final, undisputed, still published."""

MINOR: Values = {
    **PENALTY,
    "severity": "minor",
    "info_class": "minor",
    "amount_fen": 100_000,
    "occurred_on": -90,
    "decided_on": -60,
    "served_on": -56,
    "known_on": -53,
    "final_on": -20,
    "publish_until": 28,
}
VISIT: Values = {
    "kind": "inspection",
    "field": "market",
    "result": "no_problem",
    "occurred_on": -90,
    "authority": MARKET,
    "known_on": -88,
}
COMPLAINT: Values = {
    **VISIT,
    "kind": "complaint",
    "result": "unsubstantiated",
    "occurred_on": -12,
    "known_on": -10,
}
LISTING: Values = {
    "kind": "serious_violation_listing",
    "field": "market",
    "severity": "serious",
    "decided_on": -200,
    "publish_until": 895,
    "authority": MARKET,
    "document_no": "虚市市监列严〔2025〕9{n}号",
    "basis_document_no": NUMBER,
    "known_on": -198,
}
ORDER: Values = {
    "kind": "rectification_order",
    "field": "environment",
    "severity": "minor",
    "occurred_on": -252,
    "decided_on": -250,
    "authority": "衢州市虚构生态环境局",
    "document_no": "虚市环责改〔2025〕9{n}号",
    "known_on": -248,
}
BLANKS = ("无", "/", "无", "暂无", "0")


def _one(name: str, zh: str, en: str, expect: str, base: Values, **changed: str | int | None) -> Trap:
    return Trap(name, zh, en, (Plant(expect, {**base, **changed}),))


def _result(stream: Stream) -> str | None:
    """A result that counts: complaints only once substantiated, promises only when broken; of others a good one."""
    outcome = stream.outcome
    if outcome is None or outcome.at >= 0:
        return None
    return next(iter(outcome.bad if stream.kind in ("complaint", "commitment") else outcome.good))


def _sample(number: int, stream: Stream) -> Trap:
    """One plain record of a kind, so that every kind and every field occurs in every chunk."""
    day = -60
    plain: Values = {
        "kind": stream.kind,
        "authority": MARKET,
        "known_on": -55,
        "result": _result(stream),
        "severity": ("minor", "general", "serious")[stream.severity.index(max(stream.severity))]
        if stream.severity
        else None,
        "decided_on" if stream.mark or stream.annual else "occurred_on": day,
        "document_no": "虚市" + stream.mark + "〔2026〕9{n}号" if stream.mark else None,
        "value_x100": 85_000 if stream.kind == "public_credit_score" else None,
    }
    values = PENALTY if stream.kind == "administrative_penalty" else plain
    return _one(
        "each_kind",
        "每类记录至少一条",
        "one plain record of each kind",
        "counted",
        values,
        field=FIELDS[number % len(FIELDS)],
    )


TRAPS: tuple[Trap, ...] = (
    Trap(
        "same_act_two_reports",
        "同一决定由两个渠道报送",
        "one decision reported twice: the graver counts",
        (
            Plant("counted", PENALTY),
            Plant("excluded:same_act", {**PENALTY, "severity": "minor", "known_on": -230}),
        ),
    ),
    Trap(
        "same_act_spelling",
        "文号写法不同的同一决定",
        "the same number spelled otherwise",
        (
            Plant("counted", PENALTY),
            Plant("excluded:same_act", {**PENALTY, "severity": "minor", "document_no": SPELLED}),
        ),
    ),
    Trap(
        "same_act_listing",
        "由处罚引起的列严",
        "a listing caused by a penalty: one act, the listing counts",
        (
            Plant("excluded:same_act", {**PENALTY, "severity": "serious", "publish_until": 855}),
            Plant("counted", LISTING),
        ),
    ),
    Trap(
        "same_act_given",
        "两部门就同一行为分别报送，已给行为编号",
        "two departments, one act id: the graver counts",
        (
            Plant("counted", {**PENALTY, "act_id": "act-{n}"}),
            Plant("excluded:same_act", {**ORDER, "act_id": "act-{n}"}),
        ),
    ),
    Trap(
        "visits_without_number",
        "同日同部门两次无文号检查",
        "two visits of one day without a number are two acts",
        (
            Plant("counted", VISIT),
            Plant("counted", {**VISIT, "field": "food", "result": "corrected", "severity": "minor"}),
        ),
    ),
    Trap(
        "visits_same_number",
        "检查不因文号相同而合并",
        "visits are never merged on numbers",
        (
            Plant("counted", {**VISIT, "document_no": "虚市市监查〔2026〕9{n}号"}),
            Plant("counted", {**VISIT, "field": "food", "document_no": "虚市市监查〔2026〕9{n}号"}),
        ),
    ),
    Trap(
        "blank_number",
        "文号为“无”“/”“暂无”的处罚互不相同",
        "numbers that say nothing merge nothing",
        tuple(
            Plant("counted", {**PENALTY, "document_no": text, "decided_on": -240 + day})
            for day, text in enumerate(BLANKS)
        ),
    ),
    _one(
        "restored",
        "已修复（修复当日起不计）",
        "restored: no longer counts from that day",
        "excluded:restored",
        PENALTY,
        restored_on=0,
    ),
    _one("restored_tomorrow", "次日才修复", "restored only tomorrow", "counted", PENALTY, restored_on=1),
    Trap(
        "restored_version",
        "修复作为新版本归集",
        "restoration came as a new version",
        (
            Plant("excluded:restored", {**PENALTY, "known_until": -30}),
            Plant("", {**PENALTY, "restored_on": -31, "known_on": -30}, shares=0),
        ),
    ),
    Trap(
        "review_upheld_version",
        "复议中，后维持（新版本）",
        "under review, later upheld: the second version counts",
        (
            Plant("counted", {**PENALTY, "contest": "review", "final_on": None, "known_until": -40}),
            Plant("", {**PENALTY, "contest": "upheld", "final_on": -44, "known_on": -40}, shares=0),
        ),
    ),
    _one(
        "withdrawn",
        "已撤回（当日起不计）",
        "withdrawn by its owner",
        "excluded:withdrawn",
        PENALTY,
        withdrawn_on=0,
    ),
    _one("withdrawn_tomorrow", "次日才撤回", "withdrawn only tomorrow", "counted", PENALTY, withdrawn_on=1),
    _one(
        "expired",
        "公示期昨日届满",
        "published until yesterday",
        "excluded:expired",
        PENALTY,
        publish_until=-1,
    ),
    _one("last_day", "公示期最后一日", "published until today", "counted", PENALTY, publish_until=0),
    _one(
        "use_over_minor",
        "轻微处罚决定已逾三个月",
        "minor, decided over three months ago",
        "excluded:ndrc36_minor",
        MINOR,
        occurred_on=-130,
        decided_on=-100,
        served_on=-96,
        known_on=-93,
        procedure="ordinary",
        publish_until=None,
    ),
    _one(
        "use_over_general",
        "一般处罚决定已逾一年",
        "general, decided over a year ago",
        "excluded:ndrc36_general",
        PENALTY,
        occurred_on=-420,
        decided_on=-370,
        served_on=-366,
        known_on=-363,
        final_on=-180,
        publish_until=None,
    ),
    _one(
        "use_over_default",
        "失信被执行人发布已逾二年",
        "judgment default of over two years ago",
        "excluded:spc_default_listing",
        LISTING,
        kind="judgment_default",
        field="credit",
        decided_on=-735,
        known_on=-730,
        publish_until=None,
        basis_document_no=None,
    ),
    _one(
        "promise_kept",
        "告知承诺已履行",
        "a promise that was kept never scores",
        "excluded:promise_kept",
        VISIT,
        kind="commitment",
        result="kept",
    ),
    _one("annulled", "已被撤销", "annulled on review", "excluded:annulled", PENALTY, contest="annulled"),
    _one(
        "under_review",
        "行政复议中",
        "under review",
        "excluded:contested",
        PENALTY,
        contest="review",
        final_on=None,
    ),
    _one(
        "under_lawsuit",
        "行政诉讼中",
        "under lawsuit",
        "excluded:contested",
        PENALTY,
        contest="lawsuit",
        final_on=None,
    ),
    _one(
        "altered",
        "已变更，等待新决定",
        "altered: waits for the new decision",
        "excluded:contested",
        PENALTY,
        contest="altered",
        final_on=None,
    ),
    _one(
        "summary_procedure",
        "简易程序（浙江条例第十一条）",
        "summary procedure, Zhejiang regulation art. 11",
        "excluded:summary",
        MINOR,
        procedure="summary",
    ),
    _one(
        "summary_presumed",
        "程序不详、轻微、罚款三千元以下",
        "procedure unknown, minor, fine of 3,000 yuan",
        "excluded:summary",
        MINOR,
        procedure="unknown",
        amount_fen=300_000,
    ),
    _one(
        "summary_above",
        "程序不详、罚款三千零一元",
        "procedure unknown, fine of 3,001 yuan",
        "counted",
        MINOR,
        procedure="unknown",
        amount_fen=300_100,
    ),
    _one("final_tomorrow", "明日才生效", "final only tomorrow", "excluded:not_final", PENALTY, final_on=1),
    _one("final_today", "今日起生效", "final from today", "counted", PENALTY, final_on=0),
    _one(
        "not_final_presumed",
        "送达未满六个月",
        "served less than six months ago",
        "excluded:not_final",
        PENALTY,
        occurred_on=-150,
        decided_on=-100,
        served_on=-96,
        known_on=-95,
        final_on=None,
        publish_until=265,
    ),
    _one(
        "final_presumed",
        "送达已满六个月，推定生效",
        "served over six months ago: presumed final",
        "counted",
        PENALTY,
        final_on=None,
    ),
    _one(
        "late_arrival",
        "八个月前决定，前日才归集",
        "decided eight months ago, known since the day before yesterday",
        "counted",
        PENALTY,
        known_on=-2,
    ),
    _one("not_known", "当日尚未归集", "not known yet on the day", "excluded:not_known", VISIT, known_on=1),
    _one(
        "not_yet", "日期在未来", "dated in the future", "excluded:not_yet", VISIT, occurred_on=3, known_on=-1
    ),
    _one("no_date", "没有任何日期", "no date at all", "excluded:no_date", VISIT, occurred_on=None),
    Trap(
        "complaint_burst",
        "短期内大量未查实投诉",
        "a burst of complaints, none substantiated: not one counts",
        tuple(
            Plant(
                "excluded:unsubstantiated",
                {
                    **COMPLAINT,
                    "occurred_on": -12 + day,
                    "known_on": -2,
                    "result": "pending" if day > 6 else "unsubstantiated",
                },
            )
            for day in range(9)
        ),
    ),
    Trap(
        "duplicate",
        "完全相同的两行",
        "two equal rows: one remains",
        (Plant("merged", VISIT), Plant("", VISIT, shares=0)),
    ),
    Trap(
        "conflict",
        "编号相同、内容不同、归集日相同",
        "one id, two contents, known on one day: both rejected",
        (Plant("rejected:conflict", PENALTY), Plant("", {**PENALTY, "amount_fen": 8_000_000}, shares=0)),
    ),
    _one(
        "amount_too_large",
        "金额超过上限",
        "amount above the bound",
        "rejected:amount_too_large",
        PENALTY,
        amount_fen=MAX_AMOUNT_FEN * 10,
    ),
    _one("amount_negative", "金额为负", "negative amount", "rejected:bad_amount", PENALTY, amount_fen=-100),
    _one(
        "unknown_kind",
        "未知记录类型",
        "kind outside the list",
        "rejected:unknown_code",
        VISIT,
        kind="astrology",
    ),
    _one(
        "unknown_result",
        "未知检查结果",
        "result outside the list",
        "rejected:unknown_code",
        VISIT,
        result="perfect",
    ),
    _one(
        "unknown_severity",
        "未知严重程度",
        "severity outside the list",
        "rejected:unknown_code",
        PENALTY,
        severity="extreme",
    ),
    _one(
        "unknown_enterprise",
        "企业不在名录中",
        "enterprise not in the table",
        "rejected:unknown_enterprise",
        VISIT,
    ),
    _one(
        "branch_record",
        "分支机构的记录也归于法人",
        "a branch's record is written under its legal person too",
        "counted",
        PENALTY,
    ),
    *(_sample(number, stream) for number, stream in enumerate(STREAMS)),
)
