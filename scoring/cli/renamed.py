"""Options of earlier versions: each is refused with a sentence that names the new one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from typer.core import TyperCommand

from scoring.errors import UsageError


def refusing(old_options: Mapping[str, UsageError]) -> type[TyperCommand]:
    """A kind of command that refuses options which it had before.

    Args:
        old_options: The refusal by option, e.g. ``{"--db": UsageError("score_db_renamed")}``.
    """

    class Refusing(TyperCommand):
        """A command that names the new spelling of its old options."""

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """Reads what was typed, unless an old option is in it.

            Raises:
                UsageError: One is.
            """
            refusals = [old_options[word] for word in map(_option, args) if word in old_options]
            if refusals:
                _take_language(args)
                raise refusals[0]
            return super().parse_args(ctx, args)

    return Refusing


def _option(word: str) -> str:
    return word.partition("=")[0]


def _take_language(args: Sequence[str]) -> None:
    """Lets the refusal speak the language that was typed, which nobody has read yet."""
    for word, following in zip(args, [*args[1:], ""], strict=True):
        if _option(word) == "--lang":
            os.environ["SISE_LANG"] = word.partition("=")[2] or following
