"""Tables and headings of a model's card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scoring.entities import Lang
from scoring.rules.wording import say


def heading(part: str, lang: Lang) -> str:
    """The heading of a section."""
    return f"\n## {say(lang, f'mo_{part}')}\n"


def titles(columns: Sequence[str], lang: Lang) -> list[str]:
    """What columns are called."""
    return [say(lang, f"mo_{column}") for column in columns]


def head(*columns: str) -> Iterator[str]:
    """The head of a table."""
    yield row(*columns)
    yield row(*("---" for _ in columns))


def row(*cells: object) -> str:
    """A row of a table; a bar within a cell would begin another one."""
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def with_interval(figure: float | None, interval: Sequence[float] | None) -> str:
    """A figure with its interval; a dash where it is not told."""
    if figure is None or interval is None:
        return "—"
    return f"{figure:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def share_with_interval(share: float | None, interval: Sequence[float] | None) -> str:
    """A share in percent with its interval; a dash where it is not told."""
    if share is None or interval is None:
        return "—"
    return f"{share:.1%} [{interval[0]:.0%}, {interval[1]:.0%}]"
