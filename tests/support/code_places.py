"""A place where codes are issued by commands: a folder of keys, a deployment, lists and a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from stores import ready
from typer.testing import CliRunner

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.cli import app
from scoring.cli.options import clock
from scoring.errors import SiseError
from scoring.store.tables.database import Database

DEPLOYMENT = '[qr]\nhost = "code.example.gov.cn"\nissuer = "330800"\n'


class Place:
    """A folder with keys, a deployment and a store, and commands run there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for name, value in {
            "SISE_LANG": "en",
            "SISE_KEYS": str(folder / "keys"),
            "SISE_DEPLOYMENT": str(folder / "deployment.toml"),
            "SISE_DATABASE_URL": str(folder / "sise.db"),
            "SISE_ACTOR": "tester",
        }.items():
            monkeypatch.setenv(name, value)
        (folder / "deployment.toml").write_text(DEPLOYMENT)

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Runs a command, which ends with a code."""
        done = CliRunner().invoke(app, list(arguments))
        if done.exception and not isinstance(done.exception, (SystemExit, SiseError)):
            raise done.exception
        found = done.exception.exit_code if isinstance(done.exception, SiseError) else done.exit_code
        assert found == code, done.output
        return done

    def refusal(self, *arguments: str) -> str:
        """The code of a refusal."""
        done = CliRunner().invoke(app, list(arguments))
        assert isinstance(done.exception, SiseError), done.output
        assert done.exception.sentence("zh") and done.exception.sentence("en")
        return done.exception.code

    def list_keys(self) -> list[dict[str, Any]]:
        """The keys of the register."""
        return list(json.loads(self.run("keys", "list", "--format", "json").stdout))


def built_by_commands(folder: Path) -> Path:
    """Keys, lists and a store in which a small district is scored, all by commands."""
    with pytest.MonkeyPatch.context() as patched:
        made = Place(folder, patched)
        root = made.run("keys", "init", "--name", "root.example.gov.cn").stdout.strip()
        for purpose in ("codes", "tokens"):
            name = f"{purpose}.example.gov.cn"
            made.run("keys", "add", purpose, "--name", name, "--district", "330800", "--demo")
        made.run("keys", "export-trust", "--out", str(folder / "trust.note"))
        write_district(DistrictPlan(enterprises=60), folder / "district")
        database = Database(str(folder / "sise.db"))
        ready(database, clock)
        source = f"canonical:{folder / 'district'}"
        made.run("db", "import", "--source", source, "--rejects", str(folder / "rejects.csv"))
        assert "codes: issued" in made.run("db", "score").stderr
        for actor in ("tester", "anna"):
            made.run("db", "adopt", "--ground", "test", "--by", actor)
        database.close()
    assert root == root_of(made)
    return folder


def root_of(place: Place) -> str:
    """The public root key."""
    return str(json.loads((place.folder / "keys" / "keys.json").read_text())["root"])
