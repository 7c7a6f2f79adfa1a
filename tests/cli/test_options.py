"""No command takes an option that it would ignore."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from scoring.cli import app

ACTS_BY_ITSELF = {"lang"}
"""Options whose callback does all that they do."""


def commands(group: typer.Typer, path: str = "sise") -> Iterator[tuple[str, Callable[..., Any]]]:
    """All commands with the words that call them."""
    for command in group.registered_commands:
        if command.callback is not None:
            yield f"{path} {command.name or command.callback.__name__}", command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from commands(inner.typer_instance, f"{path} {inner.name}")


COMMANDS = dict(commands(app))


def test_there_are_commands() -> None:
    """The walk finds the commands of all groups."""
    assert len(COMMANDS) > 45


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_every_option_is_used(words: str) -> None:
    """Each argument and option of a command is read in its body."""
    callback = inspect.unwrap(COMMANDS[words])
    function = ast.parse(textwrap.dedent(inspect.getsource(callback))).body[0]
    assert isinstance(function, ast.FunctionDef)
    read = {
        node.id
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert set() == set(inspect.signature(callback).parameters) - read - ACTS_BY_ITSELF
