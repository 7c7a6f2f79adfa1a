"""One explanation with everything that is to come: a record that can end early, turns, a path, records that do not count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from scoring.entities import (
    Cause,
    Citation,
    EarlyEnd,
    Evidence,
    Explanation,
    Outlook,
    Path,
    Reason,
    Score,
    Step,
    Turn,
    WhatIf,
)
from scoring.explain.outlook.lifetime import to_end
from scoring.explain.words.grades import legend
from scoring.policy.load import load_policy

VERSION = load_policy("quzhou-demo", date(2026, 6, 30))
POLICY = VERSION.policy
BANDS = legend(POLICY)
NUMBER = "虚柯市监罚〔2025〕001617号"
LAW = Citation(
    "ndrc-36", "国家发展改革委令第36号", "第四条", "信用修复管理办法", date(2025, 10, 1), None, "recalled"
)
END = EarlyEnd(
    "restore",
    date(2026, 8, 31),
    date(2026, 9, 14),
    {"zh": "满一年、已纠正", "en": "one year over, mended"},
    LAW,
)
REMEDY = {"zh": "每年自查", "en": "Inspect yourself every year"}


def record(
    record_id: str, number: str | None = NUMBER, *, without: WhatIf | None = None, end: EarlyEnd | None = None
) -> Evidence:
    """A penalty; ``without`` and ``end`` as given."""
    facts = {
        "record_id": record_id,
        "kind": "administrative_penalty",
        "result": None,
        "severity": "general",
        "occurred_on": None,
        "decided_on": date(2025, 12, 13),
        "authority": "虚构市场监管局",
        "document_no": number,
        "amount_fen": 180_000,
        "source": None,
    }
    return Evidence(**facts, weight=100, counts_until=date(2026, 12, 12), without=without, early_end=end)


def reason(indicator_id: str, points: int, *evidence: Evidence) -> Reason:
    """An indicator of the demonstration that gave points."""
    label = POLICY.indicator(indicator_id).label.model_dump()
    return Reason(indicator_id, label, points, 180_000, False, "adverse", evidence, (), None)


def turn(on: date, before: WhatIf, after: WhatIf, *causes: Cause) -> Turn:
    """A day on which the result changes; a fall says what prevents it."""
    return Turn(on, before, after, causes, (REMEDY,) if (after.points or 0) < (before.points or 0) else ())


def moved(indicator_id: str, points: int, *records: str) -> Cause:
    """An indicator whose points change when records end."""
    return Cause(
        indicator_id,
        "indicator",
        POLICY.indicator(indicator_id).label.model_dump(),
        points,
        not records,
        records,
    )


def begins(begin: bool = True) -> Cause:
    """A cap that begins or ends."""
    return Cause("a_cap", "cap", {"zh": "某项上限", "en": "A certain cap"}, 0, begin, ())


def step(record_id: str, number: str = NUMBER) -> Step:
    """Restoration of a record."""
    label = to_end(END, {"zh": number, "en": number}, date(2026, 6, 30))
    return Step("restore", END.effect_on, record_id, label, END)


C650, C690, B800, A900 = WhatIf(650, "C"), WhatIf(690, "C"), WhatIf(800, "B"), WhatIf(900, "A")
UNTIL = date(2029, 6, 29)
TURNS = (
    turn(date(2026, 9, 1), C650, C690, moved("fines", 40, "r-1", "r-hidden")),
    turn(
        date(2026, 12, 13),
        C690,
        B800,
        moved("market_penalties", 60, "r-1"),
        moved("fines", 50, "r-1"),
        begins(False),
    ),
    turn(date(2027, 3, 1), B800, WhatIf(740, "C"), moved("self_inspections", -60)),
)


def outlook_of(
    *turns: Turn, steps: tuple[Step, ...] = (), better_on: date | None = None, distance: int | None = 150
) -> Outlook:
    """An outlook; with steps they lead to 800 points on the last day."""
    path = Path(steps, steps[-1].on, B800, UNTIL, 4) if steps else Path((), None, None, UNTIL, 4)
    return Outlook(UNTIL, turns, better_on, distance, path)


def explanation(*, number: str = NUMBER, hidden: str = "HIDDEN-7") -> Explanation:
    """A yellow enterprise with 650 points: one penalty behind two reasons, one penalty that is not final and does not count."""
    penalty = record("r-1", number, without=WhatIf(755, "B"), end=END)
    empty = dict.fromkeys(Score.__dataclass_fields__)
    score = Score(**{**empty, "enterprise_id": "91330802YYJFBM480Y", "name": "虚构商贸"})
    score = replace(score, points=650, band="C", colour="yellow", status="rated", as_of=date(2026, 6, 30))
    reasons = (reason("market_penalties", -60, penalty), reason("fines", -45, penalty))
    outlook = outlook_of(
        *TURNS, steps=(step("r-1", number), step("r-hidden", hidden)), better_on=date(2026, 12, 13)
    )
    return Explanation(
        score,
        {},
        850,
        (),
        reasons,
        (),
        BANDS[2],
        BANDS,
        ((record("r-hidden", hidden), "not_final"),),
        (),
        {"zh": "抽查", "en": "drawn"},
        POLICY.title.model_dump(),
        True,
        outlook,
    )
