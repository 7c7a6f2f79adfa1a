"""The register of a folder of keys: what each is for, where and when it holds, and what became of
it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoring.administration.keys.algorithms import Algorithm
from scoring.administration.keys.trust_list import PURPOSES
from scoring.disk import atomic_file, private_file
from scoring.errors import InputError, UsageError

KeyPurpose = Literal["codes", "tokens", "entries", "checkpoints"]
"""What a key signs: codes, the lists of their status, entries of the log, checkpoints of the
log."""
IN_USE, LEAVING, WITHDRAWN = "in_use", "leaving", "withdrawn"
"""A key; one that must not be relied on and whose codes are signed anew; one that nobody is to
trust any more."""


class RegisteredKey(BaseModel):
    """A key of the folder.

    Attributes:
        id: Key id of a key for codes and tokens, the id of its verifier key for others; 8
            hexadecimal digits.
        purpose: What it signs.
        name: Its name, as signed notes have it.
        algorithm: Its algorithm.
        public: The public key in hexadecimal.
        since: First day on which it signs.
        until: Last day on which it signs.
        district: Division in which its codes hold.
        demo: Whether what it signs is a demonstration.
        state: Whether it is in use, leaving or withdrawn.
        withdrawn: The day on which it was withdrawn.
        ground: Why it is leaving.
        file: The file with the private key, in the folder.
        command: The programme that signs with it instead.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern="^[0-9a-f]{8}$")
    purpose: KeyPurpose
    name: str
    algorithm: Algorithm
    public: str = Field(pattern="^([0-9a-f]{64}|[0-9a-f]{128})$")
    since: date
    until: date
    district: str = Field(default="", pattern="^([0-9]{6})?$")
    demo: bool = False
    state: Literal["in_use", "leaving", "withdrawn"] = "in_use"
    withdrawn: date | None = None
    ground: str = ""
    file: str | None = Field(default=None, pattern=r"^[a-z]+(-[0-9a-f]{8})?\.key$")
    command: tuple[str, ...] | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether it stands in the trust list: keys of codes and of tokens do."""
        return self.purpose in PURPOSES

    def signs_on(self, day: date) -> bool:
        """Whether it signs on a day."""
        return self.state == IN_USE and self.since <= day <= self.until


@dataclass
class KeyRegister:
    """The keys of a folder and the trust lists that were made of them.

    Attributes:
        root: The public root key, ``name+id+base64``.
        version: Number of the last trust list.
        content: SHA-256 of what it said; another content has another number.
        keys: All keys, in the order in which they were made.
    """

    root: str
    version: int = 0
    content: str = ""
    keys: list[RegisteredKey] = field(default_factory=list)

    def put(self, key: RegisteredKey) -> None:
        """Adds a key, or puts it in the place of the one with its id and purpose."""
        for place, other in enumerate(self.keys):
            if (other.id, other.purpose) == (key.id, key.purpose):
                self.keys[place] = key
                return
        self.keys.append(key)

    def key(self, key_id: str) -> RegisteredKey:
        """The key of an id.

        Raises:
            UsageError: There is none.
        """
        for key in self.keys:
            if key.id == key_id.lower():
                return key
        raise UsageError("key_unknown", key=key_id, known=[key.id for key in self.keys] or ["—"])

    def signing(self, purpose: KeyPurpose, day: date) -> RegisteredKey | None:
        """The key that signs on a day: of several the one that began last."""
        able = [key for key in self.keys if key.purpose == purpose and key.signs_on(day)]
        # Of two that began on one day the one that was made later.
        return max(reversed(able), key=lambda key: key.since, default=None)

    def changed(self, key: RegisteredKey, **values: Any) -> RegisteredKey:
        """Puts other values into a key."""
        changed = key.model_copy(update=values)
        self.put(changed)
        return changed

    def write(self, file: Path) -> None:
        """Writes the register whole or not at all, for its owner alone."""
        stored = {
            "format": 1,
            "root": self.root,
            "version": self.version,
            "content": self.content,
            "keys": [key.model_dump(mode="json", exclude_defaults=True) for key in self.keys],
        }
        with atomic_file(file) as part:
            private_file(part)
            part.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_register_of_keys(file: Path) -> KeyRegister:
    """Reads what ``KeyRegister.write`` wrote.

    Raises:
        InputError: It is damaged.
    """
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return _register(stored)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError("key_register_damaged", place=str(file), reason=_first(error)) from None


def _register(stored: Mapping[str, Any]) -> KeyRegister:
    if stored["format"] != 1:
        raise ValueError(f"format {stored['format']!r}")
    keys: Sequence[Any] = stored["keys"]
    register = KeyRegister(str(stored["root"]), int(stored["version"]), str(stored["content"]))
    return replace(register, keys=[RegisteredKey.model_validate(key) for key in keys])


def _first(error: Exception) -> str:
    """The first thing that is wrong, in one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{type(error).__name__}: {error}"
