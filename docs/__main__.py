"""``python3 run.py docs``: writes the pages of commands anew, and both trees to ``out/docs``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.commands import HERE, LANGUAGES, write

OUT = HERE.parent / "out" / "docs"
LOCALES = {"zh": "zh_CN", "en": "en"}
FRONT = """<!doctype html>
<meta charset="utf-8">
<title>四色 Sise</title>
<p><a href="zh/index.html" lang="zh">中文文档</a></p>
<p><a href="en/index.html" lang="en">Documentation in English</a></p>
"""


def build(out: Path) -> int:
    """Builds both trees below ``out``. Any warning of Sphinx is an error; all are printed.

    Args:
        out: The folder; an older one is replaced.

    Returns:
        0, or the exit code of the first tree that failed.
    """
    shutil.rmtree(out, ignore_errors=True)
    codes = [build_tree(lang, out / lang) for lang in LANGUAGES]
    (out / "index.html").write_text(FRONT, encoding="utf-8")
    return next((code for code in codes if code), 0)


def build_tree(lang: str, out: Path) -> int:
    """Builds the pages of one language; returns the exit code of Sphinx."""
    with tempfile.TemporaryDirectory(prefix="sise-docs-") as work:
        settings = ["-c", str(HERE), "-D", f"language={LOCALES[lang]}", "-d", work]
        # A link that leads nowhere is a warning, and a warning must not be overlooked.
        strict = ["-q", "-W", "--keep-going"]
        pages = [str(HERE / lang), str(out)]
        command = [sys.executable, "-m", "sphinx", "-b", "html", *strict, *settings, *pages]
        return subprocess.run(command, check=False).returncode


def main() -> int:
    """Writes the pages of commands, builds both trees and prints where they are."""
    for path in write():
        print(path.relative_to(HERE.parent), file=sys.stderr)
    code = build(OUT)
    print(OUT / "index.html")
    return code


if __name__ == "__main__":
    sys.exit(main())
