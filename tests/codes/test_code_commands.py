"""The commands of keys and codes, from the first key to a verdict, and what they say of bad input."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import qrcode
from code_places import DEPLOYMENT, Place, built_by_commands, root_of
from flask import g
from PIL import Image

from scoring.administration.credential import verify_code
from scoring.administration.credential.code_picture import MOST_PIXELS
from scoring.administration.results.reader import open_results
from scoring.cli.options import clock, today
from scoring.store.tables.database import Database
from web import create_app

HERE = Path(verify_code.__file__)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, lists and a store in which a small district is scored, all by commands; each test gets a copy."""
    return built_by_commands(tmp_path_factory.mktemp("built"))


@pytest.fixture
def place(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy of the folder with keys and lists."""
    folder = tmp_path / "place"
    shutil.copytree(built, folder)
    made = Place(folder, monkeypatch)
    monkeypatch.setenv("SISE_TRUST_KEY", root_of(made))
    monkeypatch.setenv("SISE_TRUST", str(folder / "trust.note"))
    return made


@pytest.fixture
def scored(place: Place) -> Iterator[tuple[Place, Database]]:
    """The same with its store."""
    database = Database(str(place.folder / "sise.db"))
    yield place, database
    database.close()


def coded(database: Database, colour: str = "green") -> str:
    """An enterprise that has a code of a colour."""
    with database.read() as connection:
        query = "SELECT enterprise_id FROM code_live WHERE colour = ? ORDER BY enterprise_id"
        return str(connection.exec_driver_sql(query, (colour,)).scalars().first())


def test_from_the_first_key_to_a_verdict(scored: tuple[Place, Database]) -> None:
    """Keys, lists, issuing, the text of a code, its picture and its verdict: each by a command, and by the file for others."""
    place, _database = scored
    status = place.folder / "status.cwt"
    place.run("code", "status-list", "--out", str(status))
    enterprise_id = by_state(place)["shown"]
    text = place.run("code", "text", enterprise_id).stdout.strip()
    done = place.run("code", "verify", text, "--status", str(status))
    assert (
        "valid: signed as it says" in done.stdout and "DEMO" in done.stdout and enterprise_id in done.stdout
    )
    picture = place.folder / "code.png"
    qrcode.make(text).save(str(picture))
    read = json.loads(
        place.run("code", "verify", str(picture), "--status", str(status), "--format", "json").stdout
    )
    assert read["reason"] == "valid" and read["enterprise_id"] == enterprise_id and read["demo"] is True
    place.run("code", "verify", text, code=6)
    later = (clock() + timedelta(days=200)).isoformat()
    done = place.run("code", "verify", text, "--status", str(status), "--at", later, code=6)
    assert "expired" in done.stdout
    for arguments, code in (((), 6), (("--status", str(status)), 0)):
        by_file = subprocess.run(
            [
                sys.executable,
                "-I",
                str(HERE),
                text,
                "--trust",
                str(place.folder / "trust.note"),
                "--root",
                root_of(place),
                *arguments,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert by_file.returncode == code, by_file.stderr
        assert json.loads(by_file.stdout)["enterprise"] == enterprise_id


def by_state(place: Place) -> dict[str, str]:
    """What the public sees of a few enterprises with codes: an enterprise of each state."""
    results = open_results(str(place.folder / "sise.db"))
    with results.read() as connection:
        query = "SELECT enterprise_id FROM code_live ORDER BY 1 LIMIT 12"
        ids = [str(row[0]) for row in connection.exec_driver_sql(query)]
    return {results.public(enterprise_id, today()).state: enterprise_id for enterprise_id in ids}


def test_a_colour_that_is_not_public_is_not_printed(place: Place) -> None:
    """Of results that rest on more than what is published the code is not handed out, as the public page shows none."""
    states = by_state(place)
    assert {"shown", "not_public"} <= set(states)
    for state, enterprise_id in states.items():
        if state == "shown":
            assert place.run("code", "text", enterprise_id).stdout.startswith("HTTPS://CODE.")
        else:
            assert place.refusal("code", "text", enterprise_id) == "code_not_public"


def test_an_opaque_deployment_prints_ids(scored: tuple[Place, Database]) -> None:
    """With ``mode = "opaque"`` the code is a random id, the same each time, and says nothing offline."""
    place, database = scored
    (place.folder / "deployment.toml").write_text(DEPLOYMENT + 'mode = "opaque"\n')
    enterprise_id = coded(database)
    first = json.loads(place.run("code", "text", enterprise_id, "--format", "json").stdout)
    assert first == json.loads(place.run("code", "text", enterprise_id, "--format", "json").stdout)
    assert first["mode"] == "opaque" and len(first["text"].rpartition("/")[2]) == 26
    done = place.run("code", "verify", first["text"], code=6)
    assert "no colour in it" in done.stdout
    assert "without colour" in place.run("db", "score").stderr


def test_compromise_by_commands(scored: tuple[Place, Database]) -> None:
    """A lost key is left, its codes are signed anew, and only then it can be withdrawn."""
    place, _database = scored
    old = next(key for key in place.list_keys() if key["purpose"] == "codes")["id"]
    ground = ("--ground", "leaked")
    assert place.refusal("keys", "revoke", old, *ground) == "key_without_successor"
    place.run("keys", "rotate", "codes", "--name", "codes2.example.gov.cn", "--at-once")
    assert "signs no more" in place.run("keys", "revoke", old, *ground).stderr
    assert place.refusal("keys", "revoke", old, *ground) == "key_has_codes"
    assert "renewed" in place.run("code", "issue").stderr
    place.run("keys", "revoke", old, *ground)
    states = {key["id"]: key["state"] for key in place.list_keys() if key["purpose"] == "codes"}
    assert states[old] == "withdrawn" and sorted(states.values()) == ["in_use", "withdrawn"]
    place.run("keys", "export-trust", "--out", str(place.folder / "trust.note"))
    text = place.run("code", "text", by_state(place)["shown"]).stdout.strip()
    assert "nobody can tell" in place.run("code", "verify", text, code=6).stdout


def test_an_older_trust_list_is_remembered(place: Place) -> None:
    """Who has read version 2 from a place is not given version 1 there any more."""
    trust = place.folder / "trust.note"
    first = trust.read_text()
    place.run("keys", "rotate", "codes", "--name", "codes2.example.gov.cn")
    place.run("keys", "export-trust", "--out", str(trust))
    place.run("code", "verify", "HTTPS://X/Q/AA", code=6)
    trust.write_text(first)
    assert place.refusal("code", "verify", "HTTPS://X/Q/AA") == "trust_list_older"


def bomb() -> bytes:
    """A PNG of 10,000 x 10,000 pixels in a hundred kilobytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(10_001) * 10_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def picture_of(text: str | None) -> bytes:
    """A picture of a QR code, or of nothing."""
    sink = io.BytesIO()
    (qrcode.make(text).get_image() if text else Image.new("RGB", (300, 300), "white")).save(sink, "PNG")
    return sink.getvalue()


PICTURES: dict[str, tuple[bytes, str]] = {
    "foreign QR": (picture_of("https://evil.example/?pay=1"), "wrong_format"),
    "no QR": (picture_of(None), "unreadable"),
    "hundred megapixels": (bomb(), "picture_too_large"),
    "no picture": (b"%PDF-1.7 no picture", "picture_unreadable"),
    "cut picture": (picture_of("x")[:200], "picture_unreadable"),
    "too many bytes": (b"\x89PNG" + bytes(33 << 20), "picture_too_large"),
}


@pytest.mark.parametrize(("content", "expected"), PICTURES.values(), ids=PICTURES.keys())
def test_bad_pictures_get_a_sentence(place: Place, content: bytes, expected: str) -> None:
    """Whatever is no picture of a code is told in a sentence, without opening or repeating anything of it."""
    file = place.folder / "picture.png"
    file.write_bytes(content)
    assert MOST_PIXELS < 10_000 * 10_000
    if expected.startswith("picture"):
        assert place.refusal("code", "verify", str(file)) == expected
    else:
        done = place.run("code", "verify", str(file), "--format", "json", code=6)
        assert json.loads(done.stdout) == {"reason": expected, "valid": False}
        assert "evil" not in place.run("code", "verify", str(file), code=6).output


def damaged(place: Place) -> dict[str, tuple[tuple[str, ...], str]]:
    """Commands with input that cannot be used, and their refusals."""
    trust, code = place.folder / "trust.note", "HTTPS://CODE.EXAMPLE.GOV.CN/Q/AA"
    cut, no_list = place.folder / "cut.note", place.folder / "list.cwt"
    cut.write_text(trust.read_text()[:-9])
    no_list.write_bytes(b"no list")
    (place.folder / "latin.note").write_bytes(b"\xff\xfe")
    two_days = (clock() - timedelta(days=2)).isoformat()
    missing = str(place.folder / "nothing")
    return {
        "damaged trust list": (("code", "verify", code, "--trust", str(cut)), "trust_list_damaged"),
        "trust list of bytes": (
            ("code", "verify", code, "--trust", str(place.folder / "latin.note")),
            "trust_list_damaged",
        ),
        "no trust list": (("code", "verify", code, "--trust", missing), "trust_list_missing"),
        "no root key": (("code", "verify", code, "--root", ""), "trust_missing"),
        "root key that is none": (("code", "verify", code, "--root", "x"), "audit_public_key_invalid"),
        "damaged status list": (("code", "verify", code, "--status", str(no_list)), "status_list_damaged"),
        "no status list": (("code", "verify", code, "--status", missing), "status_list_missing"),
        "clock two days behind": (("code", "verify", code, "--at", two_days), "clock_behind_trust_list"),
        "no moment": (("code", "verify", code, "--at", "tomorrow"), "moment_unreadable"),
        "moment of no zone": (("code", "verify", code, "--at", "2026-12-01T08:00:00"), "moment_unreadable"),
        "no division": (
            ("keys", "add", "codes", "--name", "x", "--district", "3308"),
            "key_district_invalid",
        ),
        "programme without key": (
            ("keys", "add", "codes", "--name", "x", "--district", "330800", "--command", "x"),
            "signer_without_key",
        ),
        "key that is over": (
            ("keys", "add", "entries", "--name", "x", "--until", str(today() - timedelta(days=1))),
            "key_over",
        ),
        "unknown key": (("keys", "revoke", "00000000", "--ground", "x"), "key_unknown"),
    }


def test_bad_input_gets_a_sentence(place: Place) -> None:
    """Lists, clocks, keys and moments that cannot be used are each told in a sentence of their own."""
    for name, (arguments, expected) in damaged(place).items():
        assert place.refusal(*arguments) == expected, name


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "deployment_invalid"),
        ("[qr]\n", "deployment_invalid"),
        (DEPLOYMENT + "colour = 1\n", "deployment_invalid"),
        (DEPLOYMENT + 'mode = "open"\n', "deployment_invalid"),
        (DEPLOYMENT + "[web]\n", "deployment_invalid"),
        (DEPLOYMENT.replace("330800", "3308"), "deployment_invalid"),
        (DEPLOYMENT.replace("code.example", "code example"), "deployment_host"),
        (DEPLOYMENT.replace("code.example", "c" * 40), "deployment_host"),
    ],
)
def test_a_deployment_that_says_something_else_is_told(place: Place, content: str, expected: str) -> None:
    """A setting that is missing, unknown or impossible is refused before anything is written."""
    (place.folder / "deployment.toml").write_text(content)
    assert place.refusal("user", "list") == expected


def test_a_store_without_keys_says_that_it_issues_none(
    scored: tuple[Place, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``SISE_KEYS`` a store scores as before, says that no codes are issued, and exports no list."""
    place, database = scored
    monkeypatch.delenv("SISE_KEYS")
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM code").scalar()
    assert "no codes are issued" in place.run("db", "score").stderr
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM code").scalar() == before
    assert place.refusal("code", "status-list", "--out", str(place.folder / "s")) == "no_code_office"


def test_checkpoints_are_signed_by_their_key_of_the_folder(place: Place) -> None:
    """Without ``--key`` the log is signed by the key for checkpoints; a key file that is typed goes on working."""
    first = str(place.folder / "first.checkpoint")
    assert place.refusal("audit", "checkpoint", "--out", first) == "checkpoint_key_missing"
    place.run("keys", "add", "checkpoints", "--name", "audit.example.gov.cn")
    assert "— audit.example.gov.cn " in place.run("audit", "checkpoint", "--out", first).stdout
    old, second = str(place.folder / "old.key"), str(place.folder / "second.checkpoint")
    place.run("audit", "key", "--name", "old.example.gov.cn", "--out", old)
    assert "— old.example.gov.cn " in place.run("audit", "checkpoint", "--key", old, "--out", second).stdout
    place.run("keys", "add", "checkpoints", "--name", "x", "--from", old)
    assert "— old.example.gov.cn " in place.run("audit", "checkpoint", "--out", second).stdout


def test_what_a_page_writes_is_signed_and_coded(scored: tuple[Place, Database]) -> None:
    """The pages take up keys and deployment as the commands do."""
    place, _database = scored
    place.run("keys", "add", "entries", "--name", "entries.example.gov.cn")
    application = create_app(str(place.folder / "sise.db"))
    with application.test_request_context("/"):
        application.preprocess_request()
        attached = g.reader.database
    assert attached.signer is not None and attached.signer.name == "entries.example.gov.cn"
    assert attached.codes is not None
