"""What a person typed, turned into values: language, day, sources, policies to check, the address of a cluster."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from scoring.entities import Lang
from scoring.errors import EnvironmentRefusedError, InputError, UsageError
from scoring.policy.check.checks import check_all, check_file, check_folder
from scoring.policy.load import load_policy, policy_ids
from scoring.policy.read.finding import Finding
from scoring.records.map.sources import SourceSpec, parse_source
from scoring.rules import POLICIES

SPARK_PORT = 15002
PROBE_SECONDS = 5.0
"""Spark Connect itself tries an address that does not answer for minutes."""

LOOPBACK = ("localhost", "127.", "::1")
SALT = "SISE_SALT"
"""Environment variable of the salt: the same one gives the same pseudonyms, and so the same bytes; without it each run has its own."""
LEAST_SALT = 16


def language(chosen: str | None, environment: Mapping[str, str]) -> Lang:
    """The language asked for, else ``SISE_LANG``, else that of the locale: English where it is ``en…``, else Chinese."""
    names = ("SISE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    word = chosen or next((environment[name] for name in names if environment.get(name)), "")
    return "en" if word.lower().startswith("en") else "zh"


def day(text: str, today: date) -> date:
    """The day of assessment; ``today`` when none was given.

    Raises:
        UsageError: The text is no date.
    """
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            zh=f"日期 “{text}” 无法识别；应为 年-月-日，例如 2026-06-30",
            en=f'"{text}" is no date; expected YYYY-MM-DD, e.g. 2026-06-30',
        ) from error


def span(start: str, end: str, last: date, days: int) -> tuple[date, date]:
    """First and last day of a history: by default ``days`` up to ``last``, which is the latest that there is.

    Raises:
        UsageError: A text is no date, or the first day is after the last.
    """
    until = min(day(end, last), last)
    since = day(start, until - timedelta(days=days))
    if since > until:
        raise UsageError(
            zh=f"--from {since} 晚于最后一天 {until}；例如 --from {until.replace(day=1)} --to {until}",
            en=f"--from {since} is after the last day, {until}; e.g. --from {until.replace(day=1)} --to {until}",
        )
    return since, until


def specs(source: list[str] | None) -> list[SourceSpec]:
    """The sources as ``MAP:PATH``.

    Raises:
        UsageError: There is none, or one of them is not of this form.
    """
    if not source:
        raise UsageError(
            zh="缺少 --source；例如 --source canonical:data/sample",
            en="--source is missing; e.g. --source canonical:data/sample",
        )
    return [parse_source(text) for text in source]


def of_store(policy: str | None, as_of: str) -> None:
    """Refuses a policy or a day for what the store holds: its results have their own.

    Raises:
        UsageError: One is given without ``--source``.
    """
    if policy or as_of:
        raise UsageError(
            zh="库中的结果已含评价规则和日期，不能再给 --policy 或 --as-of；换规则或日期请用 --source，例如 --source canonical:data/sample",
            en="results in the store have their policy and day: --policy and --as-of go with --source, e.g. --source canonical:data/sample",
        )


def store_alone(source: list[str] | None) -> None:
    """Refuses sources beside ``--db``: what the store holds was imported.

    Raises:
        UsageError: There are some.
    """
    if source:
        raise UsageError(
            zh="--db 评价库中已有的数据，不能再给 --source；请先导入，例如 sise db import --source canonical:data/sample",
            en="--db scores what is stored, --source does not go with it; import first, e.g. sise db import --source canonical:data/sample",
        )


def named_of_store(named: bool, db: bool) -> None:
    """Refuses ``--named`` without ``--db``: files show ids and names anyway.

    Raises:
        UsageError: It would do nothing.
    """
    if named and not db:
        raise UsageError(
            zh="--named 只与 --db 同用：来自 --source 的名单本来就有编号和名称；例如 --db --named",
            en="--named goes with --db: a list from --source has ids and names anyway; e.g. --db --named",
        )


def findings(ref: str | None) -> list[Finding]:
    """Findings on all shipped policies, on one (``quzhou-demo``), on a version of it (``@2026-04-01``) or on a file.

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
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            zh=f"读不到文件（{error.strerror}）；请给出规则文件或编号，例如 my-policy.toml 或 quzhou-demo",
            en=f"cannot read the file ({error.strerror}); give a policy file or an id, e.g. my-policy.toml or quzhou-demo",
            place=ref,
        ) from error
    return check_file(path)


def reachable(engine: str, remote: str | None) -> str | None:
    """The address of the cluster, after asking whether anything answers there.

    Raises:
        UsageError: An address for an engine that has none.
        EnvironmentRefusedError: The Spark client is not installed, or nothing answers.
    """
    if engine != "spark":
        if remote:
            raise UsageError(
                zh="--remote 只用于 --engine spark；例如 --engine spark --remote sc://spark.local:15002",
                en="--remote goes with --engine spark; e.g. --engine spark --remote sc://spark.local:15002",
            )
        return None
    if find_spec("pyspark") is None:
        command = ".venv/bin/pip install --require-hashes -r requirements/dev.txt"
        raise EnvironmentRefusedError(
            zh=f"没有安装 Spark 客户端；请运行 {command}",
            en=f"the Spark client is not installed; run {command}",
        )
    if remote and remote.startswith("sc://"):
        _knock(remote)
    return remote


def _knock(remote: str) -> None:
    try:
        place = urlsplit(remote.partition(";")[0])
        socket.create_connection(
            (place.hostname or "", place.port or SPARK_PORT), timeout=PROBE_SECONDS
        ).close()
    except (OSError, ValueError, UnicodeError) as error:
        raise EnvironmentRefusedError(
            zh=f"无法连接 {remote}（{error}）；请确认 Spark Connect 服务已启动，地址和端口正确，例如 sc://spark.local:15002",
            en=f"cannot reach {remote} ({error}); check that a Spark Connect server runs there, e.g. sc://spark.local:15002",
        ) from error


def is_loopback(address: str) -> bool:
    """Whether an address leads back to the machine that opens it."""
    text = address if "//" in address else f"//{address}"
    return (urlsplit(text).hostname or "").startswith(LOOPBACK)


def refuse_foreign_district(folder: Path) -> None:
    """Refuses to write a district over somebody's files: only an empty folder or an older district is replaced.

    Raises:
        InputError: The folder holds something else.
    """
    if folder.is_file() or (
        folder.is_dir() and any(folder.iterdir()) and not (folder / "ledger.csv").is_file()
    ):
        raise InputError(
            zh="虚构辖区的目录已有其他内容，未作任何改动；请换一个 --out，例如 --out demo",
            en="the district's folder holds something else and was left alone; choose another --out, e.g. --out demo",
            place=str(folder),
        )


def environment_refusal(error: OSError) -> EnvironmentRefusedError:
    """What the machine refused, as one sentence."""
    return EnvironmentRefusedError(
        zh=f"系统拒绝（{error.strerror or error}）；请检查路径、权限和磁盘空间，例如 --out 换一个新路径",
        en=f"the system refused ({error.strerror or error}); check the path, permissions and free space, e.g. a new path for --out",
        place=os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else "",
    )


def shares(text: str) -> dict[str, Fraction]:
    """Shares by band from ``A=15,B=70,C=13,D=2``, in percent; decimals are exact.

    Raises:
        UsageError: A part is not of this form, or a band is there twice.
    """
    found: dict[str, Fraction] = {}
    for part in text.split(","):
        band, sign, number = part.strip().partition("=")
        try:
            value = Fraction(number.strip().removesuffix("%"))
        except (ValueError, ZeroDivisionError):
            sign = ""
        if not sign or not band or band in found:
            raise UsageError(
                zh=f"--shares 中的 “{part.strip()}” 无法识别；应为 等级=百分比，每个等级一次，例如 --shares A=15,B=70,C=13,D=2",
                en=f'"{part.strip()}" in --shares is not BAND=PERCENT, each band once; e.g. --shares A=15,B=70,C=13,D=2',
            )
        found[band] = value
    return found


def salt(environment: Mapping[str, str], otherwise: str) -> str:
    """The salt of pseudonyms; ``otherwise`` when none was given.

    Raises:
        UsageError: It is so short that ids could be tried out.
    """
    given = environment.get(SALT) or otherwise
    if len(given) < LEAST_SALT:
        raise UsageError(
            zh=f"{SALT} 只有 {len(given)} 个字符，代号可被穷举；至少 {LEAST_SALT} 个，例如 {SALT}=$(openssl rand -hex 32)",
            en=f"{SALT} has {len(given)} characters and pseudonyms could be tried out; at least {LEAST_SALT}, "
            f"e.g. {SALT}=$(openssl rand -hex 32)",
        )
    return given
