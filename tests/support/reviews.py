"""The reviews that a version needs before it may be put in force, as they stand in a register."""

from __future__ import annotations

from datetime import date

from scoring.policy.law.register import NEEDED

ROW = '[[versions.reviews]]\nkind = "{}"\nissuer = "衢州市司法局"\nnumber = "2026-1"\ndate = {}\n'
OPINIONS = 'opinions = { zh = "已听取经营者和行业协会的意见。", en = "Enterprises and their associations were heard." }\n'


def reviews(day: date) -> dict[str, str]:
    """All three by kind, dated on a day."""
    return {kind: ROW.format(kind, day) + OPINIONS for kind in NEEDED}
