"""What is proposed of each enterprise of the town, reasoned from its records and the tiny policy."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from town import FINAL, LAPSED, NOW


class Brings(NamedTuple):
    """One cause as it must be: what each record did and when, their numbers, points then and now."""

    codes: tuple[str, ...]
    on: date | None
    numbers: tuple[str | None, ...]
    points: tuple[int, int]
    rules: int = 0


class Expected(NamedTuple):
    """A proposal as it must be."""

    bands: tuple[str | None, str]
    points: tuple[int | None, int]
    causes: tuple[Brings, ...]


CASES = {
    "new-record": Expected(
        ("B", "C"), (100, 70), (Brings(("new_record",), None, ("罚〔2026〕1号",), (0, -30)),)
    ),
    "becomes-final": Expected(
        ("B", "C"), (100, 70), (Brings(("became_final",), FINAL, ("罚〔2026〕77号",), (0, -30)),)
    ),
    "presumed-final": Expected(
        ("B", "C"), (100, 70), (Brings(("became_final",), date(2026, 10, 10), ("罚〔2026〕78号",), (0, -30)),)
    ),
    "honour-lapses": Expected(
        ("A", "B"), (160, 100), (Brings(("lapsed",), LAPSED, ("奖〔2025〕5号",), (60, 0)),)
    ),
    "first": Expected((None, "D"), (None, 95), (Brings(("on_file",), None, ("列〔2026〕9号",), (0, -5), 1),)),
    "corrected": Expected(("B", "C"), (90, 70), (Brings(("corrected",), NOW, (None,), (-10, -30)),)),
    "clean-lapses": Expected(
        ("B", "C"),
        (100, 70),
        (Brings(("lapsed",) * 2, LAPSED, ("检〔2025〕1号", "检〔2025〕3号"), (0, -30)),),
    ),
    "problem": Expected(
        ("B", "C"), (100, 70), (Brings(("new_record",), None, ("检〔2026〕4号",), (0, -30)),)
    ),
    "two-alike": Expected(
        ("B", "D"),
        (100, 40),
        (Brings(("new_record",) * 2, None, ("罚〔2026〕2号", "罚〔2026〕3号"), (0, -60)),),
    ),
    "two-unlike": Expected(
        ("B", "D"),
        (100, 65),
        (
            Brings(("new_record",), None, ("列〔2026〕1号",), (0, -5), 1),
            Brings(("new_record",), None, ("罚〔2026〕4号",), (0, -30)),
        ),
    ),
    "urgent": Expected(
        ("B", "D"), (100, 95), (Brings(("new_record",), None, ("列〔2026〕2号",), (0, -5), 1),)
    ),
}
