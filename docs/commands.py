"""Writes the page of commands in each language from the program: ``python -m docs.commands``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperArgument

from scoring.cli import app

HERE = Path(__file__).resolve().parent
LANGUAGES: tuple[Literal["zh", "en"], ...] = ("zh", "en")
WORDS = {
    "zh": {
        "title": "命令",
        "head": "本页由程序生成（`python3 run.py docs`），请勿手改。下面的 `sise` 在克隆里写作 `python3 run.py sise`。",
        "columns": ("参数", "说明", "缺省"),
        "needed": "必填",
        "repeatable": "可多次",
        "variable": "环境变量",
        "help": "每个命令都有 `--help`；打印句子的都有 `--lang zh|en`（或环境变量 `SISE_LANG`）。",
    },
    "en": {
        "title": "Commands",
        "head": "The program writes this page (`python3 run.py docs`); do not edit it. In a clone `sise` is "
        "`python3 run.py sise`.",
        "columns": ("Argument", "What it is", "Default"),
        "needed": "needed",
        "repeatable": "repeatable",
        "variable": "variable",
        "help": "Every command takes `--help`; those that print sentences take `--lang zh|en` (variable `SISE_LANG`).",
    },
}

EVERYWHERE = {"help", "lang"}
"""Options that nearly every command has: said once, at the head of the page."""

Command = Any
"""A command or a group of commands, as Typer builds it."""
Parameter = Any
"""An argument or an option of a command."""


def page(lang: Literal["zh", "en"]) -> str:
    """The whole page of one language."""
    words = WORDS[lang]
    root = typer.main.get_command(app)
    lines = [f"# {words['title']}", "", str(words["head"]), str(words["help"]), ""]
    lines += [in_language(paragraph, lang) + "\n" for paragraph in paragraphs(root.help)[1:]]
    for path, command in commands(root, ("sise",)):
        lines += section(path, command, lang)
    return "\n".join(lines).rstrip() + "\n"


def commands(group: Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Every command below a group with its words, in the order of the help; a group before what is in it."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


def section(path: tuple[str, ...], command: Command, lang: Literal["zh", "en"]) -> list[str]:
    """What the page says of a command: its sentence, how it is called, its arguments and options."""
    name = " ".join(path)
    sentence = in_language(paragraphs(command.help)[0], lang)
    if hasattr(command, "commands"):
        return [f"## {name}", "", sentence, ""]
    level = "#" * min(len(path), 3)
    rows = [row(parameter, lang) for parameter in command.params if parameter.name not in EVERYWHERE]
    arguments = [written(parameter, lang) for parameter in command.params if is_argument(parameter)]
    call = " ".join([name, *arguments, *needed_options(command, lang)])
    table = [cells(WORDS[lang]["columns"]), cells(["---"] * 3), *rows] if rows else []
    return [f"{level} {name}", "", sentence, "", "```text", call, "```", "", *table, ""]


def paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a help text, each on one line."""
    return [" ".join(part.split()) for part in (text or "").strip().split("\n\n")]


def in_language(text: str, lang: Literal["zh", "en"]) -> str:
    """The half of a help text in this language: Chinese comes first, then a dot, then English."""
    chinese, dot, english = text.partition(" · ")
    return english if dot and lang == "en" else chinese


def needed_options(command: Command, lang: Literal["zh", "en"]) -> list[str]:
    """The options that a call cannot leave out, as they are typed."""
    options = [parameter for parameter in command.params if not is_argument(parameter)]
    return [written(parameter, lang) for parameter in options if parameter.required]


def is_argument(parameter: Parameter) -> bool:
    """Whether a parameter is given by its place, without a name."""
    return isinstance(parameter, TyperArgument)


def written(parameter: Parameter, lang: Literal["zh", "en"]) -> str:
    """A parameter as it is typed: ``ID``, ``[ID]``, ``--as-of TEXT`` or ``--strict``."""
    if is_argument(parameter):
        name = re.sub(r"^\[(.*)\]$", r"\1", parameter.metavar or parameter.name.upper())
        # A name in both languages is written without the dot: 列=值 COLUMN=VALUE…
        chinese, _, english = name.partition(" ")
        name = english if english and lang == "en" else chinese
        return name if parameter.required else f"[{name}]"
    name = parameter.opts[0]
    return name if parameter.is_flag else f"{name} {value_of(parameter)}"


def value_of(parameter: Parameter) -> str:
    """What an option takes: one of some words, a file, a number or a text."""
    annotation = parameter.type_descriptor.annotation
    if get_origin(annotation) is Literal:
        return "|".join(get_args(annotation))
    kinds = {Path: "PATH", list[Path]: "PATH", int: "N"}
    return str(parameter.metavar or kinds.get(annotation, "TEXT"))


def row(parameter: Parameter, lang: Literal["zh", "en"]) -> str:
    """A parameter's line of the table."""
    words = WORDS[lang]
    about = [in_language(" ".join((parameter.help or "").split()), lang)]
    if getattr(parameter, "multiple", False) and str(words["repeatable"]) not in about[0]:
        about.append(str(words["repeatable"]))
    if parameter.envvar:
        about.append(f"{words['variable']} `{parameter.envvar}`")
    between = "；" if lang == "zh" else "; "
    return cells(
        [
            f"`{written(parameter, lang)}`",
            between.join(part for part in about if part),
            default(parameter, lang),
        ]
    )


def default(parameter: Parameter, lang: Literal["zh", "en"]) -> str:
    """What holds where a parameter is left out."""
    if parameter.required:
        return str(WORDS[lang]["needed"])
    shown = getattr(parameter, "show_default", None)
    if isinstance(shown, str):
        return f"`{shown}`"
    value = parameter.default
    if value is None or value == "" or isinstance(value, bool) or callable(value):
        return ""
    return f"`{value}`"


def cells(texts: Any) -> str:
    """A line of a table; a bar within a cell is escaped."""
    return "| " + " | ".join(str(text).replace("|", "\\|") for text in texts) + " |"


def write() -> list[Path]:
    """Writes the pages; returns those that were not as the program says."""
    changed = []
    for lang in LANGUAGES:
        path = HERE / lang / "commands.md"
        text = page(lang)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for path in write():
        print(path)
