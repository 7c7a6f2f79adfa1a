"""The words of procedures: each means one thing in every sentence, page and document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scoring.rules.wording import FOLDER

ROOT = Path(__file__).resolve().parents[2]
WORDED = [
    *sorted(FOLDER.glob("zh/*.toml")),
    *sorted((ROOT / "web" / "templates").glob("*.html")),
    *sorted((ROOT / "docs" / "zh").glob("*.md")),
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "scoring" / "cli").rglob("*.py")),
]
SECOND_INSTANCE = re.compile(r"不服异议处理结果：复核|复核（浙江省公共信用信息管理条例第三十条、第三十一条）")
"""The only thing called 复核: the second instance of arts. 30 and 31 of the Zhejiang regulation."""
STATUTORY = re.compile(r"行政复议|复议决定|复议法")
"""复议 is the statutory review of an act, which the law names so."""


def lines(path: Path) -> list[str]:
    """Lines of a file with their place."""
    text = path.read_text(encoding="utf-8")
    return [f"{path.relative_to(ROOT)}:{n}: {line}" for n, line in enumerate(text.splitlines(), start=1)]


@pytest.mark.parametrize("path", WORDED, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_procedure_has_its_own_word(path: Path) -> None:
    """复核 is the second instance alone, and 复议 the statutory review; what people here do is 人工审查."""
    second = [line for line in lines(path) if "复核" in SECOND_INSTANCE.sub("", line)]
    review = [line for line in lines(path) if "复议" in STATUTORY.sub("", line)]
    assert ([], []) == (second, review)


def test_every_procedure_is_named() -> None:
    """The pages name objection, recalculation, review by a person, statement and re-inspection."""
    pages = (FOLDER / "zh" / "pages.toml").read_text(encoding="utf-8")
    words = ("异议", "重算申请", "人工审查", "陈述申辩", "复查申请")
    assert [] == [word for word in words if word not in pages]
