"""Refusals: errors that a person can mend, with a code and parameters.

The words stand in ``rules/wording/<language>/refusals.toml`` under the code: what was got, what was
expected, an example.
"""

from __future__ import annotations

from pathlib import Path

from scoring.rules.wording import Lang, Worded


class SiseError(Exception, Worded):
    """Root of all errors that a person can mend.

    Args:
        code: Stable name of the refusal; it names its sentence and is never reused.
        place: Where it was found, as ``file``, ``file:line`` or ``file:line:column`` (optional).
        parameters: What fills the sentence (see ``wording.say``).

    Attributes:
        exit_code: What the command line returns: 2 usage, 3 policy or model, 4 input or
            environment.
    """

    exit_code = 1

    def __init__(self, code: str, *, place: str = "", **parameters: object) -> None:
        super().__init__(code)
        self.code, self.place, self.parameters = code, place, parameters

    @property
    def sentence_id(self) -> str:
        """The code names the sentence."""
        return self.code

    def __str__(self) -> str:
        return self.text("en")

    def text(self, lang: Lang) -> str:
        """The sentence with its place in front and its code behind."""
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.sentence(lang)} [{self.code}]"


class UsageError(SiseError, ValueError):
    """The call itself is wrong."""

    exit_code = 2


class PolicyError(SiseError, ValueError):
    """A policy file cannot be used."""

    exit_code = 3


class PolicyNotInForceError(PolicyError):
    """No version of the policy is in force on the day asked for."""


class ModelError(SiseError, ValueError):
    """A model cannot be used or trained: its definition, its points table or its data do not carry it."""

    exit_code = 3


class InputError(SiseError, ValueError):
    """A file cannot be read as what it is said to be."""

    exit_code = 4


class SourceMapError(InputError):
    """A source map is not valid, or does not fit the folder it is used on."""


class UnknownEnterpriseError(InputError):
    """No enterprise of this id in the results or sources."""


class StaleResultError(InputError):
    """A stored result is no longer what its facts give."""


class EnvironmentRefusedError(SiseError, OSError):
    """The machine lacks something: space, a port, a package, a server."""

    exit_code = 4


class StoreError(InputError):
    """The database is not what is needed, or what was asked of it does not fit what it holds."""


def at(path: Path | str, line: int | None = None) -> str:
    """Place of an error as ``file`` or ``file:line``."""
    return f"{path}:{line}" if line else str(path)
