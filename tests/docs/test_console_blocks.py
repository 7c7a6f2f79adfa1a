"""What the documents tell a reader to type works, in the order it is said, and prints what they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from walkthrough import Outcomes, Walk

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.en.md"]
PAGES = sorted((ROOT / "docs").glob("??/*.md"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$\n", re.DOTALL | re.MULTILINE)
FOLLOWED = {"contributing.md"}
"""The recipes are followed on a copy of the project, by ``test_recipes``."""
SHIM = """#!{python} -S
import os, sys
sys.path.insert(0, {support!r})
import warm
word, rest = sys.argv[2], sys.argv[3:]
small = ["--no-serve", "--enterprises", "800"] if word == "demo" else []
command = ["demo", *rest, *small] if word == "demo" else rest
skipped = {{"test"}}  # these very tests
command = ["-m", "scoring.cli", *command]
sys.exit(0 if word in skipped else warm.call({address!r}, command, os.environ, os.getcwd(), (0, 1, 2)))
"""


def examples(document: Path) -> list[tuple[str, str]]:
    """The console blocks of a document as shell scripts without their prompts, each with the text that is shown after it."""
    blocks = FENCE.findall(document.read_text(encoding="utf-8"))
    shown = []
    for (language, body), (after, text) in pairwise([*blocks, ("", "")]):
        if language == "console":
            script = "\n".join(line.removeprefix("$ ") for line in body.splitlines())
            shown.append((script, text if after == "text" else ""))
    return shown


CHINESE = [path for path in PAGES if path.parent.name == "zh" and path.name not in FOLLOWED]
"""The English pages have the same blocks, see ``test_pages``."""
DOCUMENTS = [*READMES, *(path for path in CHINESE if examples(path))]


@pytest.fixture
def place(tmp_path: Path, warm_python: str) -> Path:
    """A folder that has only ``data/``, and beside it a ``python3`` that runs the project."""
    shim = tmp_path / "bin" / "python3"
    shim.parent.mkdir()
    support = str(ROOT / "tests" / "support")
    shim.write_text(SHIM.format(python=sys.executable, support=support, address=warm_python))
    shim.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "data").symlink_to(ROOT / "data")
    return work


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What commands of the documents have left and printed so far."""
    return Outcomes(tmp_path_factory.mktemp("outcomes"))


def run(script: str, place: Path, lang: str) -> str:
    """What a script prints, its talk included; it must succeed."""
    paths = {
        "PATH": f"{place.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "SISE_LANG": lang,
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=place,
        env={**os.environ, **paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert 0 == done.returncode, f"{script}\n{done.stdout}"
    return done.stdout


def comparable(text: str, *, numbers: bool) -> list[str]:
    """Lines without blanks and bars; without numbers too where another size is run than is shown."""
    lines = [re.sub(r"[\s█━─═┏┓┗┛┡┩┳╇┴┬┼├┤╭╮╰╯└┘┌┐│┃]+", " ", line).strip() for line in text.splitlines()]
    return [line if numbers else re.sub(r"[\d,.]+", "#", line) for line in lines]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_console_blocks_run(document: Path, place: Path, outcomes: Outcomes) -> None:
    """Every console block runs without error, one after the other; what a README shows after it is printed, line by line."""
    lang = "en" if document.name == "README.en.md" else "zh"
    walk = Walk(place, lambda command: run(command, place, lang), lang, outcomes)
    for script, shown in examples(document):
        printed = walk.follow(script)
        if "run.py test" in script or document not in READMES:
            continue
        exact = "run.py demo" not in script
        said = iter(comparable(printed, numbers=exact))
        for line in comparable(shown, numbers=exact):
            assert line in ("", "…") or line in said, (
                f"{document.name}: {line!r} is not printed by\n{script}\n{printed}"
            )


def test_a_page_that_leaves_out_a_step_fails(place: Path, outcomes: Outcomes) -> None:
    """A command is spared after the same commands about its files alone, and leaves what it left."""
    made, shown = "echo 1 > out/a.txt  # python3 run.py", "cat out/a.txt  # python3 run.py"
    lines: list[str] = []

    def follow(*script: str, into: str) -> str:
        folder = place / into
        (folder / "out").mkdir(parents=True)

        def noted(command: str) -> str:
            lines.append(command)
            return run(command, folder, "zh")

        return Walk(folder, noted, "zh", outcomes).follow("\n".join(script))

    assert "1\n" == follow(made, shown, into="whole") == follow("true", made, shown, into="again")
    assert [made, shown, "true"] == lines
    assert "1\n" == (place / "again" / "out" / "a.txt").read_text()
    assert "1\n2\n" == follow(made, "echo 2 >> out/a.txt", shown, into="longer")
    with pytest.raises(AssertionError, match="No such file"):
        follow(shown, into="without")


def test_first_command_is_what_ci_runs() -> None:
    """The test command of the READMEs is the one that ``.ci/run`` calls, and nothing else."""
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if "python3" in line]
    assert ["exec python3 run.py test"] == lines
    for readme in READMES:
        assert ("python3 run.py test", True) in [
            (script, bool(shown)) for script, shown in examples(readme)
        ], readme.name


def test_links_lead_somewhere() -> None:
    """Every relative link and picture of the documents exists."""
    others = [
        ROOT / "data" / "README.md",
        *(ROOT / f"{name}.md" for name in ("CHANGELOG", "ARCHITECTURE", "CONTRIBUTING")),
    ]
    for document in [*READMES, *PAGES, *others]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (document.parent / target).exists(), f"{document.name} -> {target}"
