"""What is printed and how: text that wraps for Chinese, tables made of it, and a console.

No line ends with a blank: it would be copied, and compared.
"""

from __future__ import annotations

import json
from typing import Any

from rich import box as boxes
from rich.cells import cell_len
from rich.console import (
    Console,
    ConsoleOptions,
    Group,
    JustifyMethod,
    OverflowMethod,
    RenderableType,
    RenderResult,
)
from rich.containers import Lines
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style, StyleType
from rich.table import Table
from rich.text import Text

from scoring.cli.show.wrapping import line_starts, longest_piece


class Prose(Text):
    """Text that is broken by the rules of ``wrapping``.

    Args:
        text: What it says; lines are parted by line feeds.
        style: Its style.
        indent: Columns before every line.
        hanging: Further columns before every line but the first.
        options: As of ``rich.text.Text``.
    """

    def __init__(
        self, text: str = "", style: StyleType = "", *, indent: int = 0, hanging: int = 0, **options: Any
    ) -> None:
        super().__init__(text, style, **options)
        self.indent, self.hanging = indent, hanging

    @classmethod
    def from_parts(cls, *parts: str | tuple[str, str] | Text, indent: int = 0, hanging: int = 0) -> Prose:
        """Texts one behind the other, those in a pair with their style."""
        whole = cls(indent=indent, hanging=hanging)
        for part in parts:
            if isinstance(part, tuple):
                whole.append(*part)
            else:
                whole.append(part)
        return whole

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """The lines at a width; with ``overflow="ignore"`` a word longer than a line sticks out."""
        room = width - self.indent
        lines = Lines()
        # What Rich makes of a text by cutting it is plain text: the blanks before a line are set here.
        for paragraph in self.split(allow_blank=True):
            behind = self.hanging if lines else 0
            starts = []
            if not no_wrap:
                fold = overflow != "ignore"
                starts = line_starts(paragraph.plain, room - behind, self.hanging - behind, fold=fold)
            parts = paragraph.divide(starts)
            # Only at a break: a coloured blank at the very end belongs to its word.
            for part in parts[:-1]:
                part.rstrip()
            for part in parts:
                part.pad_left(self.indent + (self.hanging if lines else 0))
                lines.append(part)
        if justify in ("right", "center"):
            lines.justify(console, width, justify=justify, overflow="fold")
        return lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Between the longest part that stays whole and the longest line."""
        margin = self.indent + self.hanging
        paragraphs = self.plain.split("\n")
        widest = max(
            cell_len(line) + (margin if number else self.indent) for number, line in enumerate(paragraphs)
        )
        least = max(longest_piece(line) for line in paragraphs) + margin
        return Measurement(min(least, widest), widest).with_maximum(options.max_width)


class Sheet(Table):
    """A table whose title, heads and cells are ``Prose``.

    Args:
        heads: Heads of columns that wrap.
        title: Line above it.
        frame: Whether it has a frame; a table without one is narrower.
        options: As of ``rich.table.Table``.
    """

    def __init__(self, *heads: str, title: str = "", frame: bool = True, **options: Any) -> None:
        # Data may hold brackets: whatever is shown is text and never markup.
        bare = {} if frame else {"box": boxes.SIMPLE_HEAD, "pad_edge": False, "show_edge": False}
        super().__init__(*heads, **{**bare, **options})
        if title:
            self.title, self.title_justify = Prose(title, "italic"), "left"

    def add_column(self, header: RenderableType = "", *places: Any, **options: Any) -> None:
        """Adds a column, its head as ``Prose``."""
        super().add_column(_prose(header), *places, **options)

    def add_numbers(self, *heads: str) -> None:
        """Adds columns of numbers: to the right, and never broken."""
        for head in heads:
            self.add_column(head, justify="right", no_wrap=True)

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Adds a row, its texts as ``Prose``."""
        super().add_row(*map(_prose, cells), **options)


class Trimmed:
    """What it is given, without the blanks at the ends of its lines."""

    def __init__(self, what: RenderableType) -> None:
        self.what = what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines, each up to the last character that can be seen."""
        for line in console.render_lines(self.what, options, pad=False):
            while line and not _visible(line[-1]):
                line.pop()
            if line and not _coloured(line[-1].style):
                line[-1] = line[-1]._replace(text=line[-1].text.rstrip(" "))
            yield from line
            yield Segment.line()


class Terminal(Console):
    """A stream of the process: tables and sentences for people, JSON for programmes.

    Args:
        stderr: Whether it is stderr.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def show(self, what: RenderableType) -> None:
        """Prints tables and what belongs to them, as wide as the terminal."""
        self.print(Trimmed(what))

    def sentence(self, text: str, style: StyleType = "", hanging: int = 2) -> None:
        """Prints a sentence: wrapped on a terminal, one line in a pipe or a file, where it is searched.

        A path that is longer than a line is not torn, so that it can be copied.
        """
        if self.is_terminal:
            # In a group, for print() would join texts and forget how they wrap.
            self.print(Group(Prose(text, style, hanging=hanging)), overflow="ignore", crop=False)
        else:
            self.print(text, style=style, soft_wrap=True)

    def json(self, value: object, indent: int | None = 2) -> None:
        """Prints a value as JSON."""
        self.out(json.dumps(value, ensure_ascii=False, indent=indent))


def _prose(cell: Any) -> Any:
    return Prose.from_parts(cell) if isinstance(cell, (str, Text)) and not isinstance(cell, Prose) else cell


def _visible(segment: Segment) -> bool:
    return bool(segment.text.strip(" ")) or _coloured(segment.style)


def _coloured(style: Style | None) -> bool:
    """Whether a blank of this style can be seen."""
    return style is not None and bool(style.bgcolor or style.reverse or style.underline)
