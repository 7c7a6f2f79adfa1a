"""What the documents tell a reader to type works, in the order it is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
NOT_RUN_AGAIN = {"test"}  # these very tests
SHIM = """#!{python}
import subprocess, sys
word, rest = sys.argv[2], sys.argv[3:]
small = ["--no-serve", "--enterprises", "1500"] if word == "demo" else []
command = ["demo", *rest, *small] if word == "demo" else rest
sys.exit(0 if word in {skipped} else subprocess.run([{python!r}, "-m", "scoring.cli", *command]).returncode)
"""


def blocks(document: Path) -> list[str]:
    """The console blocks of a document as shell scripts, without their prompts."""
    found = re.findall(r"```console\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    return ["\n".join(line.removeprefix("$ ") for line in block.splitlines()) for block in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_console_blocks_run(document: Path, tmp_path: Path) -> None:
    """Every console block of a document runs without error, one after the other, in a folder that has only ``data/``."""
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "python3"
    shim.write_text(SHIM.format(python=sys.executable, skipped=NOT_RUN_AGAIN))
    shim.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "data").symlink_to(ROOT / "data")
    paths = {
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }
    scripts = blocks(document)
    assert scripts, f"{document.name} has no console block"
    for script in scripts:
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=work,
            env={**os.environ, **paths},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert 0 == done.returncode, f"{script}\n{done.stdout}\n{done.stderr}"


def test_first_command_is_what_ci_runs() -> None:
    """The test command of the README is the one that ``.ci/run`` calls, and nothing else."""
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if "python3" in line]
    assert ["exec python3 run.py test"] == lines
    assert "python3 run.py test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    """Every relative link and picture of the documents exists."""
    for document in [*DOCUMENTS, ROOT / "data" / "README.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} -> {target}"
