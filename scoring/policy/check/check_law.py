"""Checks of law: citations are dated in order and in force, windows are lawful, and what needs ground has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Legal
from scoring.policy.law.retention import longest_use
from scoring.policy.read.finding import Finding

_DATES = ("issued_on", "published_on", "effective_on", "repealed_on")


def check_dates(s: Subject) -> Iterator[Finding]:
    """Issued, published, effective, repealed: in this order, and in force on the policy's first day."""
    day = s.policy.valid_from
    for i, entry in enumerate(s.policy.legal):
        given = [(name, value) for name in _DATES if (value := getattr(entry, name)) is not None]
        for (name, first), (later_name, later) in pairwise(given):
            if first > later:
                yield s.finding(
                    "legal_dates",
                    ("legal", i, later_name),
                    f"{entry.id}：{later_name} {later} 早于 {name} {first}，应依次不早于前者，例如 {later_name} = {first}",
                    f"{entry.id}: {later_name} {later} is before {name} {first}, expected in order, e.g. {later_name} = {first}",
                )
        if _begins(entry) > day:
            yield s.finding(
                "law_not_in_force",
                ("legal", i),
                f"{entry.document} 自 {_begins(entry)} 起施行，而本版自 {day} 起有效；"
                f"只能引用当日有效的文件，例如 valid_from = {_begins(entry)}",
                f"{entry.document} is in force from {_begins(entry)}, this version is valid from {day}; "
                f"cite only what is in force that day, e.g. valid_from = {_begins(entry)}",
            )
        elif entry.repealed_on is not None and entry.repealed_on <= day:
            yield s.finding(
                "law_not_in_force",
                ("legal", i),
                f"{entry.document} 已于 {entry.repealed_on} 废止，而本版自 {day} 起有效；请引用替代它的文件，例如国家发展改革委令第36号",
                f"{entry.document} was repealed on {entry.repealed_on}, this version is valid from {day}; "
                "cite what replaced it, e.g. NDRC Order 36",
            )


def _begins(entry: Legal) -> date:
    return entry.effective_on or entry.published_on or entry.issued_on


def check_windows(s: Subject) -> Iterator[Finding]:
    """A window is never longer than the longest lawful use period of what it selects; what adds no points may look back."""
    if s.law is None:
        return
    for where, indicator in s.indicators():
        longest = longest_use(indicator.select, s.policy.valid_from, s.law.instruments)
        if indicator.direction != "adverse" or longest is None or indicator.window_days <= longest[0]:
            continue
        days, law, rule = longest
        yield s.finding(
            "window_too_long",
            (*where, "window_days"),
            f"指标 {indicator.id} 的 window_days 为 {indicator.window_days}，超过法定最长使用期 {days} 天"
            f"（{law.legal.document}{rule.article}：{rule.months} 个月），例如 window_days = {days}",
            f"window_days of {indicator.id} is {indicator.window_days}, longer than the lawful use period of {days} days "
            f"({law.legal.document}, {law.legal.title.en}: {rule.months} months), e.g. window_days = {days}",
        )


def check_grounds(s: Subject) -> Iterator[Finding]:
    """What gives points, gates or caps cites an article; vetoes cite law, as a band may be fixed outside the points only by law."""
    law = {entry.id for entry in s.policy.legal if entry.tag != "not_law"}
    givers = [
        (where, i.id, i.legal)
        for where, i in s.indicators()
        if i.direction == "adverse" or any([i.unknown, *i.points_by_value])
    ]
    for where, name, legal in [*givers, *((where, rule.id, rule.legal) for where, rule in s.rules())]:
        if not legal:
            yield s.finding(
                "no_ground",
                where,
                f'{name} 没有写明依据，应引用 [[legal]] 中的条目，例如 legal = ["{s.policy.legal[0].id}"]',
                f'{name} cites no article, expected entries of [[legal]], e.g. legal = ["{s.policy.legal[0].id}"]',
            )
    for where, indicator in s.indicators():
        if indicator.direction == "adverse" and indicator.remedy is None:
            yield s.finding(
                "no_remedy",
                where,
                f'扣分指标 {indicator.id} 没有写明企业可以怎么做，例如 remedy = {{ zh = "完成整改。", en = "…" }}',
                f"adverse indicator {indicator.id} does not say what the enterprise can do, "
                'e.g. remedy = { zh = "…", en = "Complete the rectification." }',
                "warning",
            )
    for i, veto in enumerate(s.policy.vetoes):
        if not law.intersection(veto.legal):
            yield s.finding(
                "veto_without_law",
                ("vetoes", i),
                f'直接判定 {veto.id} 没有法律依据；分数之外固定等级必须有法，请引用法规或改为 caps，例如 legal = ["samr44"]',
                f"veto {veto.id} cites no law; only law fixes a band outside the points: cite it or make this a cap, "
                'e.g. legal = ["samr44"]',
            )


def check_publication(s: Subject) -> Iterator[Finding]:
    """Who sees more than the colour sees the colour; the public sees it only where an entry permits publication, and never records."""
    for name, granted in s.policy.audiences.items():
        if not granted.colour and (granted.points or granted.reasons or granted.records):
            yield s.finding(
                "colour_given_away",
                ("audiences", name),
                f"points、reasons、records 会透露颜色，须同时写明 colour = true，例如 {name} = {{ colour = true, reasons = true }}",
                f"points, reasons and records give the colour away and need it too, e.g. {name} = {{ colour = true, reasons = true }}",
            )
    public = s.policy.audiences.get("public")
    if public is None:
        return
    permitted = any("publication" in entry.permits for entry in s.policy.legal)
    if (public.colour or public.points or public.reasons) and not permitted:
        yield s.finding(
            "publication_without_ground",
            ("audiences", "public"),
            'public 可以看到结果，但没有依据准许公开，请在某个 [[legal]] 条目写 permits = ["publication"]，或不公开，例如 public = {}',
            'public sees the result, but no entry permits publication: give one permits = ["publication"] or publish nothing, '
            "e.g. public = {}",
        )
    if public.records:
        yield s.finding(
            "records_published",
            ("audiences", "public"),
            "public 不得看到逐条记录（记录由其所有机关公示），例如 public = { colour = true }",
            "public must not see single records (their owner publishes them), e.g. public = { colour = true }",
        )
