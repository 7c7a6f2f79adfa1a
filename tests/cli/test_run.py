"""``run.py`` itself, beside an environment that only pretends: what it starts, where, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[2]
STAMP = "import sys, run; [run.stamp_file(k).write_text(run.stamp_of(k)) for k in ('core', 'dev')]"
SHOW = "import os; print(os.getcwd(), *os.sys.argv[1:])"
WAIT = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
Project = Callable[[str], Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Makes a project of ``run.py`` alone whose ``.venv`` is set up and whose Python does what a shell line says."""

    def make(line: str) -> Path:
        folder = tmp_path / "project"
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / "requirements").mkdir()
        for name in ("run.py", "pyproject.toml", "requirements/core.txt", "requirements/dev.txt"):
            shutil.copy(ROOT / name, folder / name)
        python = folder / ".venv" / "bin" / "python"
        python.write_text(f"#!/bin/sh\n{line}\n")
        python.chmod(0o755)
        subprocess.run(
            [sys.executable, "-c", STAMP],
            cwd=folder,
            check=True,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )
        return folder

    return make


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    (folder.parent / "elsewhere").mkdir(exist_ok=True)
    command = [sys.executable, str(folder / "run.py"), *arguments]
    return subprocess.Popen(
        command, cwd=folder.parent / "elsewhere", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("word", "place"),
    [("sise", "elsewhere"), ("demo", "elsewhere"), ("bench", "project"), ("docs", "project")],
)
def test_commands_run_where_they_are_called(project: Project, word: str, place: str) -> None:
    """``sise`` and ``demo`` read and write in the caller's folder; the project's own tools run in the project."""
    child = _start(project(f'exec {sys.executable} -c "{SHOW}" "$@"'), word, "--out", "here")
    said, _ = child.communicate(timeout=30)
    assert (0, place) == (child.returncode, Path(said.split()[0]).name)
    assert said.endswith("--out here\n")


def test_the_command_line_knows_how_it_was_called(project: Project) -> None:
    """What ``demo`` tells its user to type next is what works where he is: the path of ``run.py`` as it was typed."""
    folder = project('echo "$SISE_COMMAND"')
    said, _ = _start(folder, "demo").communicate(timeout=30)
    assert f"python3 {folder / 'run.py'} sise\n" == said


@pytest.mark.parametrize("word", ["sise", "bench"])
def test_sigterm_ends_the_child(project: Project, word: str) -> None:
    """Who ends ``run.py`` ends what it started."""
    folder = project(f'exec {sys.executable} -c "{WAIT}"')
    child = _start(folder, word)
    pids = [folder.parent / "elsewhere" / "pid", folder / "pid"]
    deadline = time.monotonic() + 30
    while not any(pid.is_file() and pid.read_text() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    pid = int(next(path for path in pids if path.is_file()).read_text())
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert child.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_failed_installation_is_one_sentence(project: Project) -> None:
    """Where pip fails, a sentence in each language says what to do, and the last line where pip's own words are."""
    folder = project('echo "$@" "of this attempt"; case "$*" in *install*) exit 1;; esac')
    (folder / ".venv" / "sise-dev.stamp").unlink()
    (folder / ".venv" / "setup.log").write_text("of an older attempt")
    child = _start(folder, "test")
    _, said = child.communicate(timeout=30)
    log = folder / ".venv" / "setup.log"
    assert (4, str(log)) == (child.returncode, said.splitlines()[-1])
    assert 4 == len(said.splitlines())
    assert (True, False) == ("this attempt" in log.read_text(), "older attempt" in log.read_text())


@pytest.mark.parametrize("word", sorted(run.USAGE))
def test_help_installs_nothing(project: Project, word: str) -> None:
    """``--help`` of a word says how it is used, and neither installs nor starts anything."""
    folder = project("exit 9")
    shutil.rmtree(folder / ".venv")
    child = _start(folder, word, "--help")
    said, talk = child.communicate(timeout=30)
    assert (0, "") == (child.returncode, talk)
    assert said.startswith(f"python3 run.py {word}")
    assert not (folder / ".venv").exists()


def test_every_word_is_described() -> None:
    """Every word stands in the head of the file, and has a help of its own or that of the command line."""
    assert set(run.WORDS) == {"sise", "demo", *run.USAGE}
    assert all(f"python3 run.py {word} " in str(run.__doc__) for word in run.WORDS)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--quick"], [*run.QUICK, *(f"--ignore={path}" for path in run.SLOW)]),
        (["--quick", "-k", "acts"], [*run.QUICK, *(f"--ignore={path}" for path in run.SLOW), "-k", "acts"]),
        (["--quick", "run.py"], ["run.py"]),
        (["-k", "acts"], ["-k", "acts"]),
        ([], []),
    ],
)
def test_quick_is_a_part(project: Project, arguments: list[str], expected: list[str]) -> None:
    """``test --quick`` runs ruff and a part of the tests, or those that are named; without it all checks and tests run."""
    child = _start(project('echo "$@"'), "test", *arguments)
    said, _ = child.communicate(timeout=30)
    lines = said.splitlines()
    checks = (
        ["== ruff", "== pytest"]
        if "--quick" in arguments
        else ["== ruff", "== mypy --strict", "== import-linter", "== pytest"]
    )
    assert checks == [line for line in lines if line.startswith("== ")]
    assert " ".join(["-m", "pytest", *expected]) == lines[-1]


def test_quick_names_what_is_there() -> None:
    """The files and folders of the quick part exist."""
    assert [] == [path for path in (*run.QUICK, *run.SLOW) if not (ROOT / path).exists()]
