"""What is said of a code that was scanned: of an old one, of one that is none of ours, of one that went dark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.scan import PublicScan
from scoring.explain.words.figures import prose_day
from scoring.explain.words.grades import colour_word
from scoring.rules.wording import both
from scoring.store.tables.writing import CHINA

Sentence = Mapping[str, str]


def banners(scan: PublicScan, *, is_demo: bool = False, by_lost_key: bool = False) -> list[Sentence]:
    """The sentences above the page of a code that is not simply valid.

    Args:
        scan: What the code comes to.
        is_demo: Whether a key of a demonstration has signed it.
        by_lost_key: Whether its key was withdrawn since.
    """
    said: list[Sentence] = [both("scan_demo")] if is_demo else []
    if scan.reason is CodeReason.SUPERSEDED:
        said.append(superseded(scan.said, scan.ended_on))
    elif scan.reason is CodeReason.EXPIRED:
        said.append(both("scan_expired"))
    if by_lost_key:
        said.append(both("scan_new_sticker"))
    return said


def superseded(colour: str | None, since: date | None) -> Sentence:
    """That a code is an old one, and since when."""
    day = prose_day(since) if since else ""
    if colour is None:
        return both("scan_ended", day=day)
    return both("scan_superseded", colour=colour_word(colour), day=day)


def dark_view(enterprise_id: str, name: str | None, scan: PublicScan) -> dict[str, Any]:
    """What is shown of an enterprise that is gone: who it was, that nothing holds any more, and why."""
    cause = both(f"cause_{scan.cause}")
    since = both("scan_dark_since", day=prose_day(scan.ended_on)) if scan.ended_on else None
    return {
        "enterprise": {"id": enterprise_id, "name": name},
        "result": None,
        "dark": {"cause": scan.cause, "text": both("scan_dark", cause=cause), "since": since},
    }


def moment_words(seconds: int) -> str:
    """A moment in POSIX seconds, by the clocks of China."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
