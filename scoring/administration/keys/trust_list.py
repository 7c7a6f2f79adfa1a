"""The keys that others trust: a C2SP signed note that names each public key with its district,
its days and its purpose.

The root key signs it and is kept offline. Every list has a higher version than the one before, so
that a reader who remembers the last version refuses an older one.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Literal, NamedTuple, cast

from scoring.administration.keys.algorithms import Algorithm, Check, check_of
from scoring.administration.keys.code_keys import key_id_of
from scoring.entities.areas import prefix_of
from scoring.errors import InputError
from scoring.store.log.note import Signer, valid_signature
from scoring.store.log.verify_proof import Key, ProofError, decoded, open_note

TITLE = "sise trust list v1"
MOST_BYTES = 1 << 20
Purpose = Literal["codes", "tokens"]
"""What a trusted key signs: codes, or the lists of their status."""
PURPOSES: tuple[Purpose, ...] = ("codes", "tokens")
DEMO, REAL, HOLDS = "demo", "real", "-"
_HOST = re.compile(r"host ([A-Z0-9.:-]{1,100})", re.ASCII)
_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_KEY = re.compile(
    rf"key ([0-9a-f]{{8}}) ([a-z0-9]+) (codes|tokens) (\S+) ([0-9]{{6}}) {_DAY} {_DAY} (demo|real) (?:-|{_DAY})",
    re.ASCII,
)


@dataclass(frozen=True)
class TrustedKey:
    """A public key that others trust.

    Attributes:
        algorithm: Its algorithm; a text where this programme knows none of that name.
        purpose: What it signs.
        public: The public key.
        district: Division in which it holds, with all that lies in it.
        since: First day on which it signs.
        until: Last day on which it signs.
        is_demo: Whether what it signs is a demonstration.
        withdrawn: The day on which it was withdrawn; what it signed holds no more, whenever that
            was.
    """

    algorithm: Algorithm | str
    purpose: Purpose
    public: bytes
    district: str
    since: date
    until: date
    is_demo: bool = False
    withdrawn: date | None = None

    @property
    def key_id(self) -> bytes:
        """Key id, 4 bytes."""
        return key_id_of(self.public)

    def holds_in(self, division: str) -> bool:
        """Whether it holds for an authority of a division."""
        return division.startswith(self._within)

    @cached_property
    def _within(self) -> str:
        """What all divisions in its district begin with."""
        return prefix_of(self.district) or self.district

    @cached_property
    def cose(self) -> int | None:
        """COSE number of its algorithm; ``None``: it is not known here."""
        return self.algorithm.cose if isinstance(self.algorithm, Algorithm) else None

    def signs_at(self, moment: int) -> bool:
        """Whether it may have signed at a POSIX time, by the days of China."""
        return self._span[0] <= moment < self._span[1]

    @cached_property
    def _span(self) -> tuple[int, int]:
        """Its first second, and the first one after its last."""
        return _begins(self.since), _begins(self.until) + 86_400

    @cached_property
    def check(self) -> Check | None:
        """What checks its signatures; ``None``: nobody here can.

        Raises:
            InputError: It is no key on which all verifiers agree.
        """
        return check_of(self.algorithm, self.public) if isinstance(self.algorithm, Algorithm) else None

    @property
    def line(self) -> str:
        """As it stands in the list."""
        words = (
            "key",
            self.key_id.hex(),
            str(self.algorithm),
            self.purpose,
            base64.b64encode(self.public).decode(),
            self.district,
            self.since.isoformat(),
            self.until.isoformat(),
            DEMO if self.is_demo else REAL,
            self.withdrawn.isoformat() if self.withdrawn else HOLDS,
        )
        return " ".join(words)


class _Head(NamedTuple):
    """Who signs a list, and which one it is."""

    root: str
    version: int
    issued: int


@dataclass(frozen=True)
class TrustList:
    """Public keys that others trust.

    Attributes:
        root: Name of the root key.
        version: Its number; a later list has a higher one.
        issued: When it was signed, in POSIX seconds.
        hosts: Hosts at which the codes are, in capitals.
        keys: The keys.
    """

    root: str
    version: int
    issued: int
    hosts: tuple[str, ...]
    keys: tuple[TrustedKey, ...]

    @cached_property
    def by_id(self) -> Mapping[bytes, Sequence[TrustedKey]]:
        """The keys by key id; four bytes may be those of several."""
        keys = defaultdict[bytes, list[TrustedKey]](list)
        for key in self.keys:
            keys[key.key_id].append(key)
        return keys

    def text(self) -> str:
        """The text that is signed."""
        issued = datetime.fromtimestamp(self.issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = [TITLE, self.root, f"version {self.version}", f"issued {issued}"]
        lines += [f"host {host}" for host in self.hosts]
        lines += [key.line for key in self.keys]
        return "".join(f"{line}\n" for line in lines)

    def signed(self, root: Signer) -> str:
        """The list as a note that the root key has signed."""
        text = self.text()
        return f"{text}\n{root.line(text, 0)}"


def read_trust_list(note: str, root: Key, *, at_least: int = 0, place: str = "") -> TrustList:
    """The trusted keys of a signed note.

    Args:
        note: The note.
        root: The root key, got from somewhere else than the list.
        at_least: The highest version that was seen before.
        place: Where it was read, for refusals.

    Raises:
        InputError: It is damaged, not signed by the root key, older than the version seen before,
            or names a key on which verifiers disagree.
    """
    if len(note) > MOST_BYTES:
        raise _damaged(place, f"{len(note)} > {MOST_BYTES}")
    try:
        lines = open_note(note, [root], valid_signature).split("\n")
        head = _read_head(lines[:4], root.name)
        hosts, keys = _read_rest(lines[4:-1])
    except (ProofError, ValueError, OverflowError) as error:
        raise _damaged(place, str(error)) from None
    trusted = TrustList(head.root, head.version, head.issued, hosts, keys)
    if trusted.text() != "\n".join(lines):
        raise _damaged(place, "not as it is written")
    if trusted.version < at_least:
        raise InputError("trust_list_older", place=place, version=trusted.version, seen=at_least)
    # Now and not when a code comes: a list that names a weak key is not taken at all.
    for key in keys:
        _ = key.check
    return trusted


def _begins(day: date) -> int:
    """The first second of a day in China, in POSIX time; it has had no summer time since 1991."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 8 * 3600


def _damaged(place: str, reason: str) -> InputError:
    return InputError("trust_list_damaged", place=place, reason=reason)


def _read_head(lines: Sequence[str], root: str) -> _Head:
    if len(lines) < 4 or lines[:2] != [TITLE, root]:
        raise ValueError(f"expected {TITLE} of {root}")
    version, issued = re.fullmatch("version ([1-9][0-9]{0,8})", lines[2], re.ASCII), lines[3]
    if version is None or not issued.startswith("issued "):
        raise ValueError("expected version and issued")
    return _Head(root, int(version[1]), int(datetime.fromisoformat(issued[7:]).timestamp()))


def _read_rest(lines: Sequence[str]) -> tuple[tuple[str, ...], tuple[TrustedKey, ...]]:
    """The hosts and the keys."""
    hosts, keys = list[str](), list[TrustedKey]()
    for line in lines:
        if host := _HOST.fullmatch(line):
            hosts.append(host[1])
        else:
            keys.append(_read_key(line))
    return tuple(hosts), tuple(keys)


def _read_key(line: str) -> TrustedKey:
    parts = _KEY.fullmatch(line)
    if parts is None:
        raise ValueError(f"{line[:60]!r}: expected key, id, algorithm, purpose, public key, district, days")
    key_id, name, purpose, material, district, since, until, kind, withdrawn = parts.groups()
    key = TrustedKey(
        algorithm=Algorithm(name) if name in Algorithm.__members__.values() else name,
        purpose=cast(Purpose, purpose),
        public=decoded(material),
        district=district,
        since=date.fromisoformat(since),
        until=date.fromisoformat(until),
        is_demo=kind == DEMO,
        withdrawn=date.fromisoformat(withdrawn) if withdrawn else None,
    )
    if key.key_id.hex() != key_id:
        raise ValueError(f"the key {key_id} has the id {key.key_id.hex()}")
    return key
