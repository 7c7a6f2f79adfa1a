"""What a person typed, turned into values: language, day, sources, policies, places, addresses.

What cannot be meant is refused here, before anything is read or computed.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from scoring.entities import Lang
from scoring.errors import EnvironmentRefusedError, InputError, UsageError
from scoring.policy.check.checks import check_all, check_file, check_folder
from scoring.policy.language.schema import Policy
from scoring.policy.load import list_policies, load_policy, policy_ids
from scoring.policy.read.finding import Finding
from scoring.records.map.sources import SourceSpec, load_source_map, parse_source
from scoring.rules import POLICIES
from scoring.workdays import require_day

SPARK_PORT = 15002
PROBE_SECONDS = 5.0
"""Spark Connect itself tries an address that does not answer for minutes."""

LOOPBACK = ("localhost", "127.", "::1")
STORE = "sise.db"
"""The store where none is named: a SQLite file in the present folder."""
STORE_ADDRESS = "SISE_DATABASE_URL"
"""Environment variable of the store."""
SALT = "SISE_SALT"
"""Environment variable of the salt: the same one gives the same pseudonyms, and so the same bytes."""
LEAST_SALT = 16
INSTALL = ".venv/bin/pip install --require-hashes -r requirements/dev.txt"
"""What installs the packages of the extras."""


def language(chosen: str | None, environment: Mapping[str, str]) -> Lang:
    """The language that was typed, else ``SISE_LANG``, else that of the locale.

    English where it is ``en…``, else Chinese.
    """
    names = ("SISE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    language_name = chosen or next((environment[name] for name in names if environment.get(name)), "")
    return "en" if language_name.lower().startswith("en") else "zh"


def day(text: str, today: date) -> date:
    """The day of assessment; ``today`` when none was given.

    Raises:
        UsageError: The text is no date, or one that nobody reckons with.
    """
    if not text:
        return today
    try:
        typed = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("day_unreadable", text=text) from error
    return require_day(typed)


def span(start: str, end: str, last: date, days: int) -> tuple[date, date]:
    """First and last day of a history: by default ``days`` up to ``last``, the latest that there is.

    Raises:
        UsageError: A text is no date, or the first day is after the last.
    """
    until = min(day(end, last), last)
    since = day(start, until - timedelta(days=days))
    if since > until:
        raise UsageError("span_reversed", since=since, until=until, example=until.replace(day=1))
    return since, until


def specs(source: list[str] | None) -> list[SourceSpec]:
    """The sources as ``MAP:PATH``, each with a map that there is and files that are there.

    Raises:
        UsageError: There is none, or one of them is not of this form.
        InputError: A map or a path does not exist.
    """
    if not source:
        raise UsageError("source_option_missing")
    # Looked for now: a mistyped source is named before the folder of the result is looked at.
    named = [parse_source(text) for text in source]
    for spec in named:
        load_source_map(spec.map)
        if not spec.path.exists():
            raise InputError("source_path_missing", path=spec.path)
    return named


def toml_files(paths: Sequence[Path]) -> list[Path]:
    """The files that were typed, of a folder its TOML files by name.

    Raises:
        InputError: A folder has none.
    """
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise InputError("situation_folder_empty", place=str(path))
        files += inside
    return files


def refuse_files_options(policy: str | None, as_of: str) -> None:
    """Refuses a policy or a day for what the store holds: its results have their own.

    Raises:
        UsageError: One is given without ``--source``.
    """
    if policy or as_of:
        raise UsageError("results_have_policy_and_day")


def refuse_database(database: str | None) -> None:
    """Refuses a store beside ``--source``: files are read and the store would be ignored.

    Raises:
        UsageError: One is given.
    """
    if database is not None:
        raise UsageError("database_beside_source")


def store_alone(source: list[str] | None) -> None:
    """Refuses sources beside ``--db``: what the store holds was imported.

    Raises:
        UsageError: There are some.
    """
    if source:
        raise UsageError("source_beside_store")


def refuse_database_without_db(database: str | None) -> None:
    """Refuses ``--database`` without ``--db``: files are read and the store would be ignored.

    Raises:
        UsageError: One is given.
    """
    if database is not None:
        raise UsageError("database_without_db")


def refuse_named_files(named: bool, db: bool) -> None:
    """Refuses ``--named`` without ``--db``: files show ids and names anyway.

    Raises:
        UsageError: It would do nothing.
    """
    if named and not db:
        raise UsageError("named_without_db")


def store_address(typed: str | None, environment: Mapping[str, str]) -> str:
    """The store that was typed, else that of ``SISE_DATABASE_URL``, else ``sise.db``."""
    return typed or environment.get(STORE_ADDRESS) or STORE


def findings(ref: str | None) -> list[Finding]:
    """Findings on all shipped policies, on one, on a version of it (``ID@VERSION``) or on a file.

    Raises:
        InputError: The file cannot be read.
        PolicyError: There is no policy of this id or version.
    """
    if ref is None:
        return check_all()
    if ref in policy_ids():
        return check_folder(POLICIES / ref)
    path = Path(ref)
    if not (path.exists() or path.suffix or path.name != ref):
        return check_file(Path(load_policy(ref, None).path))
    # Opened only to hear what the machine says: the check itself would word a missing file as a fault of the policy.
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError("policy_file_unreadable", place=ref, reason=error.strerror) from error
    return check_file(path)


def policies(ref: str | None) -> list[Policy]:
    """The policies of the same: all versions that ship, those of one, one version or a file.

    Raises:
        PolicyError: One of them cannot be read.
    """
    if ref is None or ref in policy_ids():
        return [version.policy for version in list_policies() if ref in (None, version.policy.id)]
    return [load_policy(ref, None).policy]


def reachable(engine: str, remote: str | None) -> str | None:
    """The address of the cluster, after asking whether anything answers there.

    Raises:
        UsageError: An address for an engine that has none.
        EnvironmentRefusedError: The Spark client is not installed, or nothing answers.
    """
    if engine != "spark":
        if remote:
            raise UsageError("remote_without_spark")
        return None
    require_packages(EnvironmentRefusedError("spark_client_missing", command=INSTALL), "pyspark")
    if remote and remote.startswith("sc://"):
        _knock(remote)
    return remote


def require_packages(refusal: EnvironmentRefusedError, *packages: str) -> None:
    """Refuses what cannot be done without packages of an extra.

    Raises:
        EnvironmentRefusedError: One of the packages is not installed.
    """
    if any(find_spec(package) is None for package in packages):
        raise refusal


def _knock(remote: str) -> None:
    """Asks whether anything answers at the address of a cluster."""
    try:
        place = urlsplit(remote.partition(";")[0])
        address = (place.hostname or "", place.port or SPARK_PORT)
        socket.create_connection(address, timeout=PROBE_SECONDS).close()
    except (OSError, ValueError, UnicodeError) as error:
        raise EnvironmentRefusedError("spark_unreachable", remote=remote, reason=error) from error


def is_loopback(address: str) -> bool:
    """Whether an address leads back to the machine that opens it."""
    text = address if "//" in address else f"//{address}"
    return (urlsplit(text).hostname or "").startswith(LOOPBACK)


def refuse_unusable(file: Path) -> None:
    """Refuses a file that cannot be written, before the work that it is for.

    Raises:
        InputError: Its folder is not there.
        EnvironmentRefusedError: The machine does not let anybody write there.
    """
    if not file.parent.is_dir():
        raise InputError("folder_missing", place=str(file), folder=file.parent)
    # Tried, not asked: rights do not tell of a read-only or full disk, and an administrator has all rights.
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            pass
        if file.exists():
            file.open("ab").close()
    except OSError as error:
        raise environment_refusal(OSError(error.errno, error.strerror, str(file))) from error


def environment_refusal(error: OSError) -> EnvironmentRefusedError:
    """What the machine refused, as one sentence."""
    # Some calls of Python put a number where others put the name of the file.
    place = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    return EnvironmentRefusedError("system_refused", place=place, reason=error.strerror or error)


def shares(text: str) -> dict[str, Fraction]:
    """Shares by band from ``A=15,B=70,C=13,D=2``, in percent; decimals are exact.

    Raises:
        UsageError: A part is not of this form, or a band is there twice.
    """
    by_band: dict[str, Fraction] = {}
    for typed_share in text.split(","):
        # A fraction, because shares must make 100 exactly and 0.1 is none in binary.
        band, sign, number = typed_share.strip().partition("=")
        try:
            share = Fraction(number.strip().removesuffix("%"))
        except (ValueError, ZeroDivisionError):
            sign = ""
        if not sign or not band or band in by_band:
            raise UsageError("shares_unreadable", part=typed_share.strip())
        by_band[band] = share
    return by_band


def salt(environment: Mapping[str, str], otherwise: str) -> str:
    """The salt of pseudonyms; ``otherwise`` when none was given.

    Raises:
        UsageError: It is so short that ids could be tried out.
    """
    given = environment.get(SALT) or otherwise
    if len(given) < LEAST_SALT:
        raise UsageError("salt_short", name=SALT, length=len(given), least=LEAST_SALT)
    return given
