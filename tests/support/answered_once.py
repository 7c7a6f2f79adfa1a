"""Results explained once for all who may see the same of them: for tests of rights and of texts, which try no results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scoring.administration.results.current import CurrentResults
from web.parts import case_pages, sheets

SLOW = (
    (CurrentResults, "explain"),
    (CurrentResults, "history"),
    (sheets, "draw_sheet"),
    (case_pages, "notice_pdf"),
)
"""What takes long and is the same for all who may see it."""
Answers = dict[Any, Any]


def answer_once(patch: pytest.MonkeyPatch) -> Answers:
    """Lets each of them answer the same question once; cleared, they answer anew."""
    answers: Answers = {}
    for place, name in SLOW:
        patch.setattr(place, name, _once(getattr(place, name), answers))
    return answers


def _once(method: Callable[..., Any], answers: Answers) -> Callable[..., Any]:
    def answer(first: Any, *what: Any, **more: Any) -> Any:
        key = (method, what, tuple(sorted(more.items())))
        if key not in answers:
            answers[key] = method(first, *what, **more)
        return answers[key]

    return answer
