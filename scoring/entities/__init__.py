"""The nouns of the scorer: canonical tables, colours, scores and explanations.

Nothing here reads a file but the closed lists of ``rules/kinds.toml``, and nothing here computes a
point.
"""

from scoring.entities.canonical import (
    CODED_COLUMNS,
    ENTERPRISE_COLUMNS,
    MAX_AMOUNT_FEN,
    MAX_RECORDS,
    RECORD_COLUMNS,
    Colour,
    ColumnType,
    code_label,
    code_number,
    codes,
)
from scoring.entities.explanation import (
    BandInfo,
    Cause,
    Citation,
    EarlyEnd,
    Evidence,
    Explanation,
    Outlook,
    Path,
    Reason,
    Rule,
    Step,
    Turn,
    WhatIf,
)
from scoring.entities.progress import Progress, silent
from scoring.entities.result import FIRST_NOTICE, Contribution, Score
from scoring.rules.wording import Lang

__all__ = [
    "CODED_COLUMNS",
    "ENTERPRISE_COLUMNS",
    "FIRST_NOTICE",
    "MAX_AMOUNT_FEN",
    "MAX_RECORDS",
    "RECORD_COLUMNS",
    "BandInfo",
    "Cause",
    "Citation",
    "Colour",
    "ColumnType",
    "Contribution",
    "EarlyEnd",
    "Evidence",
    "Explanation",
    "Lang",
    "Outlook",
    "Path",
    "Progress",
    "Reason",
    "Rule",
    "Score",
    "Step",
    "Turn",
    "WhatIf",
    "code_label",
    "code_number",
    "codes",
    "silent",
]
