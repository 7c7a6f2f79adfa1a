"""Fetches the scripts of others that the offline verifier uses, by a lock file, where Node is; else it says what lacks.

It needs nothing but Python: ``run.py`` and the building of the package call it. What it fetches is never committed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "scripts"
TARGET = HERE.parent / "static" / "vendor"
FILES = {
    "zxing-reader.js": "zxing-wasm/dist/iife/reader/index.js",
    "zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "noble-ed25519.js": "@noble/ed25519/index.js",
}
"""Where each file lies in what npm installs."""
PATIENCE = 300
"""Seconds that npm may take."""


def fetch() -> bool:
    """Brings the scripts up to the lock file; gives whether they are there."""
    lock = hashlib.sha256((SCRIPTS / "package-lock.json").read_bytes()).hexdigest()
    stamp = TARGET / "lock.sha256"
    if stamp.is_file() and stamp.read_text() == lock:
        return True
    npm = shutil.which("npm")
    if npm is None:
        return False
    # No script of a package runs here, and what the lock does not name is not installed.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(command, cwd=SCRIPTS, check=True, timeout=PATIENCE, env=_environment())  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(SCRIPTS / "node_modules" / source, TARGET / name)
    stamp.write_text(lock)
    shutil.rmtree(SCRIPTS / "node_modules")
    return True


def _environment() -> dict[str, str]:
    return {**os.environ, "npm_config_update_notifier": "false"}


if __name__ == "__main__":
    if not fetch():
        sys.stderr.write(
            "离线核验页没有读码组件（没有 Node 或取不到），改由服务器读码 · "
            "the offline verifier has no reader of its own (no Node, or nothing to be had); the server reads codes\n"
        )
