"""The pages of commands are what the program says of itself."""

from __future__ import annotations

import re

import pytest
import typer

from docs.commands import HERE, LANGUAGES, commands, page, paragraphs
from scoring.cli import app

COMMANDS = list(commands(typer.main.get_command(app), ("sise",)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_is_what_the_program_says(lang: str) -> None:
    """The page in the repository is the one that ``python3 run.py docs`` writes now."""
    assert page(lang) == (HERE / lang / "commands.md").read_text(encoding="utf-8"), "run: python3 run.py docs"


def test_every_command_is_there() -> None:
    """Every command of the program has a heading on the page of either language."""
    for lang in LANGUAGES:
        headings = re.findall(r"^#+ (sise .*)$", page(lang), re.MULTILINE)
        assert [" ".join(words) for words, _ in COMMANDS] == headings


def test_every_command_speaks_both_languages() -> None:
    """The first sentence of every help is Chinese, a dot, English; so is what is said of options, if it is words."""
    texts = [paragraphs(command.help)[0] for _, command in COMMANDS]
    for _, command in COMMANDS:
        texts += [
            parameter.help
            for parameter in command.params
            if re.search("[\u4e00-\u9fff]", parameter.help or "")
        ]
    wrong = [text for text in texts if not re.fullmatch(r"(?s).*[\u4e00-\u9fff].* · [^\u4e00-\u9fff]+", text)]
    assert [] == wrong
