"""Fetches the scripts of the offline verifier before the package is put together; all else stands in pyproject.toml."""

import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FETCH = Path(__file__).resolve().parent / "web" / "verify" / "fetch_scripts.py"


class BuildWithScripts(build_py):
    """The package with them where Node is there, without them elsewhere."""

    def run(self):
        runpy.run_path(str(FETCH), run_name="__main__")
        super().run()


setup(cmdclass={"build_py": BuildWithScripts})
