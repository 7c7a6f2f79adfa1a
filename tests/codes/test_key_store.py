"""The folder of keys: made once, its owner's alone, one key after the other, and never a gap."""

from __future__ import annotations

import stat
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from code_authority import NOW

from scoring.administration.keys.algorithms import Algorithm, check_of
from scoring.administration.keys.code_keys import FileSigner, ProgrammeSigner
from scoring.administration.keys.key_files import code_key_text, read_code_key, write_private
from scoring.administration.keys.key_store import KeyStore, NewKey
from scoring.administration.keys.trust_list import read_trust_list
from scoring.errors import EnvironmentRefusedError, InputError, SiseError, UsageError
from scoring.store.log.note import Signer
from scoring.store.log.verify_proof import Key

DAY = date(2026, 12, 1)
CODES = NewKey("codes", "codes.example.gov.cn", DAY, district="330800")


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    """A folder with a register and no key."""
    made = KeyStore(tmp_path / "keys")
    made.create("root.example.gov.cn")
    return made


def refused(error: pytest.ExceptionInfo[SiseError]) -> str:
    """The code of a refusal, which has a sentence in both languages."""
    assert error.value.sentence("zh") and error.value.sentence("en")
    return error.value.code


def test_everything_in_the_folder_is_its_owners_alone(keys: KeyStore) -> None:
    """Folder, register and private keys can be read by nobody else, and a key that others can read is not used."""
    key = keys.add(CODES)
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    files = sorted(keys.folder.iterdir())
    assert [file.name for file in files] == [f"codes-{key.id}.key", "keys.json", "root.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    files[0].chmod(0o640)
    with pytest.raises(InputError) as error:
        keys.code_key("codes", DAY)
    assert refused(error) == "key_readable_by_others"


def test_nothing_has_a_default(keys: KeyStore, tmp_path: Path) -> None:
    """Without a key nothing signs, and without a register nothing is there; no key is made unless somebody says so."""
    assert keys.code_key("codes", DAY) is None and keys.note_signer("entries", DAY) is None
    bare = KeyStore(tmp_path / "bare")
    assert bare.code_key("codes", DAY) is None and bare.note_signer("entries", DAY) is None
    with pytest.raises(InputError) as error:
        bare.add(CODES)
    assert refused(error) == "key_register_missing"


def test_a_register_is_made_once(keys: KeyStore) -> None:
    """A second one would lose what the first one knows."""
    with pytest.raises(UsageError) as error:
        keys.create("root.example.gov.cn")
    assert refused(error) == "key_register_exists"


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_signs_what_its_public_half_checks(keys: KeyStore, algorithm: Algorithm) -> None:
    """A key of either algorithm comes back from its file as the one that was made."""
    key = keys.add(NewKey("codes", "codes.example.gov.cn", DAY, "330800", algorithm=algorithm))
    stored = keys.code_key("codes", DAY)
    assert stored is not None and stored.registered == key and stored.cose == algorithm.cose
    (signature,) = stored.sign([b"message"])
    assert len(signature) == 64
    assert check_of(algorithm, bytes.fromhex(key.public))(b"message", signature)


def test_each_purpose_has_its_own_key(keys: KeyStore) -> None:
    """A key for codes signs no entries, and the key of entries no codes."""
    keys.add(CODES)
    keys.add(NewKey("tokens", "lists.example.gov.cn", DAY, "330800"))
    keys.add(NewKey("entries", "entries.example.gov.cn", DAY))
    keys.add(NewKey("checkpoints", "audit.example.gov.cn", DAY))
    entries, checkpoints = keys.note_signer("entries", DAY), keys.note_signer("checkpoints", DAY)
    assert entries is not None and entries.name == "entries.example.gov.cn"
    assert checkpoints is not None and checkpoints.name == "audit.example.gov.cn"
    codes, tokens = keys.code_key("codes", DAY), keys.code_key("tokens", DAY)
    assert codes is not None and tokens is not None and codes.key_id != tokens.key_id
    assert len(keys.trust_list(["X"], NOW, DAY).keys) == 2


def public(keys: KeyStore) -> Key | None:
    """The public half of the key that signs entries."""
    signer = keys.note_signer("entries", DAY)
    return signer.key if signer else None


def test_a_key_that_there_is_goes_on_signing(tmp_path: Path) -> None:
    """A folder with ``entries.key`` alone works as before; with a register it does until another key is added."""
    old = Signer.generate("entries.example.gov.cn")
    keys = KeyStore(tmp_path / "keys")
    keys.folder.mkdir(mode=0o700)
    write_private(keys.folder / "entries.key", old.text())
    assert public(keys) == old.key
    keys.create("root.example.gov.cn")
    assert public(keys) == old.key
    taken = keys.add(NewKey("entries", "x", DAY, taken_from=keys.folder / "entries.key"))
    assert taken.name == old.name and public(keys) == old.key
    keys.add(NewKey("entries", "entries2.example.gov.cn", DAY + timedelta(days=1)))
    after = keys.note_signer("entries", DAY + timedelta(days=1))
    assert after is not None and after.name == "entries2.example.gov.cn"


def test_a_key_signs_on_its_days(keys: KeyStore) -> None:
    """Not before its first day nor after its last one, a year later."""
    key = keys.add(CODES)
    assert keys.code_key("codes", DAY - timedelta(days=1)) is None
    assert keys.code_key("codes", key.until) is not None
    assert keys.code_key("codes", key.until + timedelta(days=1)) is None
    assert (key.until - key.since).days == 365


def signing(keys: KeyStore, day: date) -> str:
    """Id of the key that signs codes on a day."""
    key = keys.code_key("codes", day)
    return key.registered.id if key else ""


def test_the_next_key_is_known_before_it_signs(keys: KeyStore) -> None:
    """A rotation lists the next key at once, has it sign in a fortnight, and keeps the former one a while beside it."""
    first = keys.add(CODES)
    later = DAY + timedelta(days=300)
    second, former = keys.rotate(NewKey("codes", "codes2.example.gov.cn", later))
    assert former is not None and former.id == first.id and former.until == first.until
    assert second.since == later + timedelta(days=14) and second.district == "330800"
    listed = {key.key_id.hex() for key in keys.trust_list(["X"], NOW, later).keys}
    assert listed == {first.id, second.id}
    assert signing(keys, later + timedelta(days=13)) == first.id
    assert signing(keys, second.since) == second.id
    assert signing(keys, second.until) == second.id


def test_a_rotation_leaves_no_day_without_a_key(keys: KeyStore) -> None:
    """Where the present key ends in a week the next one begins the day after."""
    first = keys.add(CODES)
    second, _former = keys.rotate(NewKey("codes", "codes2.example.gov.cn", first.until - timedelta(days=7)))
    days = [first.until - timedelta(days=7) + timedelta(days=number) for number in range(30)]
    assert all(signing(keys, day) for day in days)
    assert second.since == first.until + timedelta(days=1)


def test_a_key_is_left_only_for_another(keys: KeyStore) -> None:
    """Nobody stops signing with the only key; one that leaves signs nothing more and is trusted until it is withdrawn."""
    first = keys.add(CODES)
    with pytest.raises(UsageError) as error:
        keys.leave(first.id, "泄露", DAY)
    assert refused(error) == "key_without_successor"
    second, _former = keys.rotate(NewKey("codes", "codes2.example.gov.cn", DAY), timedelta(0))
    with pytest.raises(UsageError) as error:
        keys.leave(first.id, " ", DAY)
    assert refused(error) == "ground_missing"
    keys.leave(first.id, "泄露", DAY)
    assert signing(keys, DAY) == second.id and keys.leaving() == {first.id}
    assert [key.withdrawn for key in keys.trust_list(["X"], NOW, DAY).keys] == [None, None]
    keys.withdraw(first.id, DAY)
    assert [key.withdrawn for key in keys.trust_list(["X"], NOW, DAY).keys] == [DAY, None]


def test_the_list_has_a_higher_version_where_it_says_something_else(keys: KeyStore) -> None:
    """Signed again without a change it has the same version, with one the next; expired keys are left out at last."""
    first = keys.add(CODES)
    root = Signer.read((keys.folder / "root.key").read_text())
    assert [keys.trust_list(["X"], NOW + number, DAY).version for number in range(3)] == [1, 1, 1]
    assert keys.trust_list(["X", "Y"], NOW, DAY).version == 2
    keys.add(NewKey("tokens", "lists.example.gov.cn", DAY, "330800"))
    trusted = keys.trust_list(["X", "Y"], NOW, DAY)
    assert trusted.version == 3
    assert read_trust_list(trusted.signed(root), root.key, at_least=3) == trusted
    gone = first.until + timedelta(days=93)
    assert keys.trust_list(["X", "Y"], NOW, gone - timedelta(days=1)).version == 3
    assert keys.trust_list(["X", "Y"], NOW, gone).keys == ()


WRONG = {
    "codes without a division": (NewKey("codes", "x", DAY), "key_without_district"),
    "entries in a division": (NewKey("entries", "x", DAY, "330800"), "key_of_notes"),
    "entries by SM2": (NewKey("entries", "x", DAY, algorithm=Algorithm.SM2), "key_of_notes"),
    "name with a blank": (NewKey("codes", "x y", DAY, "330800"), "audit_key_name_invalid"),
    "name with a plus": (NewKey("codes", "x+y", DAY, "330800"), "audit_key_name_invalid"),
    "a missing file": (
        NewKey("codes", "x", DAY, "330800", taken_from=Path("/nonexistent.key")),
        "key_file_missing",
    ),
    "a programme without a key": (NewKey("codes", "x", DAY, "330800", command=("true",)), "key_length"),
}


@pytest.mark.parametrize(("new", "code"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_is_refused(keys: KeyStore, new: NewKey, code: str) -> None:
    """A key that cannot be what it is said to be is not added, and nothing is left of it."""
    with pytest.raises(SiseError) as error:
        keys.add(new)
    assert refused(error) == code
    assert keys.register().keys == [] and len(list(keys.folder.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": 2}', b"\xff"])
def test_a_damaged_register_is_told(keys: KeyStore, content: bytes) -> None:
    """A register that was cut or edited is refused in a sentence."""
    keys.register_file.write_bytes(content)
    with pytest.raises(InputError) as error:
        keys.register()
    assert refused(error) == "key_register_damaged"


def test_a_key_in_the_place_of_another_is_told(keys: KeyStore) -> None:
    """A private key that is not that of the register signs nothing."""
    key = keys.add(CODES)
    file = keys.folder / f"codes-{key.id}.key"
    file.write_text(code_key_text("x", FileSigner.generate(Algorithm.ED25519)))
    with pytest.raises(InputError) as error:
        keys.code_key("codes", DAY)
    assert refused(error) == "key_file_of_other_key"
    for text in ("", "PRIVATE+KEY+x", Signer.generate("x").text(), file.read_text()[:-9]):
        with pytest.raises(InputError) as error:
            read_code_key(text, "")
        assert refused(error) == "code_key_invalid"


SERVER = """
import sys
from scoring.administration.keys.code_keys import FileSigner
from scoring.administration.keys.algorithms import Algorithm
signer = FileSigner(Algorithm(sys.argv[1]), bytes.fromhex(sys.argv[2]))
for signature in signer.sign([bytes.fromhex(line) for line in sys.stdin.read().split()]):
    print(signature.hex())
"""
"""A signature server: it signs what comes in, and never gives its key away."""


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_programme_signs(keys: KeyStore, tmp_path: Path, algorithm: Algorithm) -> None:
    """A key that lies in another machine signs through its programme, and nothing of it is in the folder."""
    server, inside = tmp_path / "server.py", FileSigner.generate(algorithm)
    server.write_text(SERVER)
    command = (sys.executable, str(server), algorithm.value, inside.private.hex())
    new = NewKey(
        "codes",
        "codes.example.gov.cn",
        DAY,
        "330800",
        algorithm=algorithm,
        command=command,
        public=inside.public,
    )
    key = keys.add(new)
    assert key.file is None and len(list(keys.folder.iterdir())) == 2
    stored = keys.code_key("codes", DAY)
    assert stored is not None and isinstance(stored.signer, ProgrammeSigner)
    messages = [b"one", b"two", b"three"]
    checks = check_of(algorithm, inside.public)
    assert all(checks(*pair) for pair in zip(messages, stored.sign(messages), strict=True))
    assert stored.sign([]) == []


FAULTS = {
    "fails": ("import sys; sys.exit(1)", "signer_failed"),
    "prints no signature": ("print('hello')", "signer_failed"),
    "prints another key's": ("print('00' * 64)", "signer_of_other_key"),
    "prints too few": ("pass", "signer_of_other_key"),
}


@pytest.mark.parametrize(("script", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_a_programme_that_does_not_sign_is_told(script: str, code: str) -> None:
    """What is not this key's signature is never handed on as one."""
    public = FileSigner.generate(Algorithm.ED25519).public
    with pytest.raises(EnvironmentRefusedError) as error:
        ProgrammeSigner(Algorithm.ED25519, public, (sys.executable, "-c", script)).sign([b"x"])
    assert refused(error) == code


def test_a_programme_that_is_not_there_is_told() -> None:
    """A command that cannot be run is refused in a sentence."""
    with pytest.raises(EnvironmentRefusedError) as error:
        ProgrammeSigner(Algorithm.ED25519, b"x" * 32, ("/nonexistent/signer",)).sign([b"x"])
    assert refused(error) == "signer_failed"
