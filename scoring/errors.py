"""Errors of the scorer: one root, a stable code each, and a message that teaches.

Every message says what was got, what was expected and gives an example, in Chinese and in English.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class SiseError(Exception):
    """Root of all errors that a person can mend.

    Args:
        zh: The sentence in Chinese.
        en: The sentence in English.
        place: Where it was found, as ``file``, ``file:line`` or ``file:line:column`` (optional).

    Attributes:
        code: Stable name of the error; documented and never reused.
        exit_code: What the command line returns (design: 2 usage, 3 policy or model, 4 input or environment).
    """

    zh: str
    en: str
    place: str = ""
    code: str = field(default="error", init=False)
    exit_code: int = field(default=1, init=False)

    def __str__(self) -> str:
        return self.text("en")

    def text(self, lang: str) -> str:
        """The message in ``zh`` or ``en``, with its place and code in front."""
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.zh if lang == 'zh' else self.en} [{self.code}]"


@dataclass
class UsageError(SiseError, ValueError):
    """The call itself is wrong."""

    code: str = field(default="usage", init=False)
    exit_code: int = field(default=2, init=False)

    __str__ = SiseError.__str__


@dataclass
class PolicyError(SiseError, ValueError):
    """A policy file cannot be used."""

    code: str = field(default="policy_invalid", init=False)
    exit_code: int = field(default=3, init=False)

    __str__ = SiseError.__str__


@dataclass
class PolicyNotInForceError(PolicyError):
    """No version of the policy is in force on the day asked for."""

    code: str = field(default="policy_not_in_force", init=False)


@dataclass
class ModelError(SiseError, ValueError):
    """A model cannot be used or trained: its definition, its points table or its data do not carry it."""

    code: str = field(default="model_invalid", init=False)
    exit_code: int = field(default=3, init=False)

    __str__ = SiseError.__str__


@dataclass
class InputError(SiseError, ValueError):
    """A file cannot be read as what it is said to be."""

    code: str = field(default="input_refused", init=False)
    exit_code: int = field(default=4, init=False)

    __str__ = SiseError.__str__


@dataclass
class SourceMapError(InputError):
    """A source map is not valid, or does not fit the folder it is used on."""

    code: str = field(default="source_map", init=False)


@dataclass
class UnknownEnterpriseError(InputError):
    """No enterprise of this id in the results or sources."""

    code: str = field(default="unknown_enterprise", init=False)


@dataclass
class StaleResultError(InputError):
    """A result folder no longer gives the colours that it holds."""

    code: str = field(default="stale_result", init=False)


@dataclass
class EnvironmentRefusedError(SiseError, OSError):
    """The machine lacks something: space, a port, a package, a server."""

    code: str = field(default="environment", init=False)
    exit_code: int = field(default=4, init=False)

    __str__ = SiseError.__str__


@dataclass
class StoreError(InputError):
    """The database is not what is needed, or what was asked of it does not fit what it holds."""

    code: str = field(default="store", init=False)


def at(path: Path | str, line: int | None = None) -> str:
    """Place of an error as ``file`` or ``file:line``."""
    return f"{path}:{line}" if line else str(path)
