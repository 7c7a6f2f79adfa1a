"""The nouns of the scorer: canonical tables, colours, scores and explanations.

Nothing here reads a file but the closed lists of ``rules/kinds.toml`` and the register of
``rules/authorities.toml``, and nothing here computes a point.
"""

from scoring.entities.canonical import (
    CODED_COLUMNS,
    ENTERPRISE_COLUMNS,
    EVIDENCE_OF_MATTER,
    FICTITIOUS_SOURCE,
    LINKED_COLUMNS,
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
    Cause,
    Citation,
    EarlyEnd,
    Evidence,
    Explanation,
    FieldGrade,
    Outlook,
    Path,
    Reason,
    Rule,
    Step,
    Turn,
    WhatIf,
)
from scoring.entities.pending_proposal import (
    CauseCode,
    CausingRecord,
    Hearing,
    HearingState,
    PendingProposal,
    ProposalCause,
    RecordCorrection,
)
from scoring.entities.progress import Progress, silent
from scoring.entities.relation_set import HeldPower, LawArticle, RelationSet, Spelling, Succeeds
from scoring.entities.result import FIRST_NOTICE, BandInfo, Contribution, FieldResult, Score
from scoring.rules.wording import Lang

__all__ = [
    "CODED_COLUMNS",
    "ENTERPRISE_COLUMNS",
    "EVIDENCE_OF_MATTER",
    "FICTITIOUS_SOURCE",
    "FIRST_NOTICE",
    "LINKED_COLUMNS",
    "MAX_AMOUNT_FEN",
    "MAX_RECORDS",
    "RECORD_COLUMNS",
    "BandInfo",
    "Cause",
    "CauseCode",
    "CausingRecord",
    "Citation",
    "Colour",
    "ColumnType",
    "Contribution",
    "EarlyEnd",
    "Evidence",
    "Explanation",
    "FieldGrade",
    "FieldResult",
    "Hearing",
    "HearingState",
    "HeldPower",
    "Lang",
    "LawArticle",
    "Outlook",
    "Path",
    "PendingProposal",
    "Progress",
    "ProposalCause",
    "Reason",
    "RecordCorrection",
    "RelationSet",
    "Rule",
    "Score",
    "Spelling",
    "Step",
    "Succeeds",
    "Turn",
    "WhatIf",
    "code_label",
    "code_number",
    "codes",
    "silent",
]
