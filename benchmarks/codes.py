"""Signing and verifying a code against the bare work; issuing for a whole store; a day on which one in 200 changes.

Times are of the processor: of this process, for everything here is done by one.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cwt
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import sheets
from benchmarks.figures import Spread, spread
from benchmarks.processes import say
from scoring.administration.credential.code_claims import DAY as SECONDS
from scoring.administration.credential.code_claims import Claims
from scoring.administration.credential.deployment import QrSettings
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.profile import SignedCode, decode, encode, sign_codes
from scoring.administration.credential.status_list import StatusList, pack_states
from scoring.administration.credential.verdict import check
from scoring.administration.keys.key_store import KeyStore, NewKey
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.entities import Colour
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.people.accounts import add_account
from scoring.store.people.clock import confirm_clock
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import score_store
from scoring.store.standing.code_issuing import renew_codes
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

HOST, DAY, HANDS = "SISE.EXAMPLE.GOV.CN", date(2026, 9, 30), ("wang", "li")
NOW = int(datetime(2026, 9, 30, 4, tzinfo=UTC).timestamp())
CODES, TURNS, SHARE = 3_000, 7, 200
"""Codes of a turn, turns, and of how many enterprises one changes on a day."""
BOUNDS = {"sign / cwt.encode": 1.5, "verify / bare signature check": 1.5, "day with codes / without": 1.15}


@dataclass
class Lap:
    """A clock of the processor and of the wall."""

    cpu: float = 0.0
    wall: float = 0.0

    @classmethod
    def of(cls, work: Callable[[], object]) -> Lap:
        """What some work takes."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return cls(time.process_time() - cpu, time.perf_counter() - wall)


def run(enterprises: int, folder: Path) -> dict[str, object]:
    """Ratios of signing, verifying and drawing, seconds of issuing, and the ratio of a day."""
    found = {
        "bounds": BOUNDS,
        "codes": speeds(folder),
        "sheets": sheets.run(folder),
        "store": store(enterprises, folder),
    }
    print(json.dumps(found, indent=2))
    return found


def speeds(folder: Path) -> dict[str, Spread]:
    """Signing against ``cwt.encode`` and verifying against the bare check, turn by turn, in microseconds and ratios."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        keys = _keys(Path(scratch) / "keys", DAY - timedelta(days=30))
        key = keys.code_key("codes", DAY)
        trust = keys.trust_list([HOST], NOW, DAY)
    if key is None:
        raise RuntimeError("the key was just made")
    claims = [
        Claims(
            "CN-330800",
            "91330802YYJFBM480Y",
            NOW,
            NOW + 90 * SECONDS,
            n.to_bytes(8, "big"),
            n,
            Colour.GREEN,
            DAY,
            DAY,
        )
        for n in range(CODES)
    ]
    texts = [encode(HOST, content) for content in sign_codes(claims, key)]
    codes = [code for text in texts if isinstance(code := decode(text), SignedCode)]
    statuses = StatusList("CN-330800", NOW, SECONDS, pack_states({}, CODES))
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    peer, public = cwt.COSEKey.from_pem(pem, kid=b"abcd", alg="Ed25519"), private.public_key()
    marks = [(private.sign(code.envelope.message), code.envelope.message) for code in codes]
    laps: dict[str, list[float]] = {
        name: [] for name in ("sign", "cwt.encode", "verify", "bare signature check")
    }
    for _turn in range(TURNS):
        laps["sign"].append(Lap.of(lambda: [encode(HOST, c) for c in sign_codes(claims, key)]).cpu)
        laps["cwt.encode"].append(Lap.of(lambda: [cwt.encode(c.as_map(), peer) for c in claims]).cpu)
        laps["verify"].append(Lap.of(lambda: [check(text, trust, NOW, statuses) for text in texts]).cpu)
        laps["bare signature check"].append(Lap.of(lambda: [public.verify(*mark) for mark in marks]).cpu)
    found = {f"{name}, µs": spread(lap / CODES * 1e6 for lap in each) for name, each in laps.items()}
    for pair in ("sign / cwt.encode", "verify / bare signature check"):
        one, _, other = pair.partition(" / ")
        found[pair] = spread(a / b for a, b in zip(laps[one], laps[other], strict=True))
    return found


def store(enterprises: int, folder: Path) -> dict[str, object]:
    """A district scored without codes; codes issued for all; two days with and without codes, in turns."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        place = Path(scratch)
        write_district(DistrictPlan(enterprises=enterprises), place / "district")
        keys = _keys(place / "keys", DAY - timedelta(days=30))
        _built(place / "bare", place / "district")
        say("issuing for all …")
        database = _opened(place / "bare", keys)
        version = load_policy("quzhou-demo", DAY)
        shutil.copytree(place / "bare", place / "coded")
        database.close()
        coded = _opened(place / "coded", keys)
        issuing = Lap.of(lambda: renew_codes(coded, version, DAY, HANDS[0], lambda: _noon(DAY, 1)))
        with coded.read() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM code").scalar_one()
        coded.close()
        days = _days(place, keys)
        found: dict[str, object] = {"enterprises": enterprises, "codes": count}
        found |= {"issuing_cpu": round(issuing.cpu, 2), "issuing_seconds": round(issuing.wall, 2)}
        return {**found, "200,000 would take, s": round(issuing.wall / count * 200_000, 1), **days}


def _days(place: Path, keys: KeyStore) -> dict[str, object]:
    """Two days of changes, scored with and without codes: what each takes, and the ratios."""
    laps: dict[str, list[float]] = {"with codes": [], "without": []}
    changes = [_changed(place, day, status) for day, status in ((1, "dormant"), (2, "active"))]
    for number, change in enumerate(changes, 1):
        day = DAY + timedelta(days=number)
        version = load_policy("quzhou-demo", day)
        for name, where, folder in (("with codes", keys, "coded"), ("without", None, "bare")):
            database = _opened(place / folder, where)
            moment = _noon(day, 0)
            _vouch(database, moment)
            import_source(database, SourceSpec("canonical", change), HANDS[0], lambda at=moment: at)  # type: ignore[misc]
            lap = Lap.of(lambda: score_store(database, version, day, HANDS[0], lambda: _noon(day, 2)))  # noqa: B023
            laps[name].append(lap.cpu)
            database.close()
        say(f"day {number}: {laps}")
    ratios = [a / b for a, b in zip(laps["with codes"], laps["without"], strict=True)]
    return {
        "days_cpu": {name: spread(each) for name, each in laps.items()},
        "day with codes / without": spread(ratios),
    }


def _vouch(database: Database, moment: datetime) -> None:
    confirm_clock(database, HANDS[0], lambda: moment)


def _changed(place: Path, number: int, status: str) -> Path:
    """A source in which one enterprise of so many has another status from a day on."""
    target = place / f"change-{number}"
    target.mkdir()
    file = place / "district" / "enterprises.parquet"
    active = [row for row in pq.read_table(file).to_pylist() if row["status"] == "active"]
    rows = [{**row, "status": status, "known_on": DAY + timedelta(days=number)} for row in active[::SHARE]]
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(file)), target / "enterprises.parquet")
    pq.write_table(
        pq.read_schema(place / "district" / "records.parquet").empty_table(), target / "records.parquet"
    )
    return target


def _built(folder: Path, district: Path) -> None:
    """A store in which a district is scored and its colours are in effect, without codes."""
    folder.mkdir()
    database = Database(str(folder / "sise.db"))
    migrate.create(database)
    moments = iter(_noon(DAY, number) for number in range(-3600, 0))

    def clock() -> datetime:
        """A second later with every look."""
        return next(moments)

    for name in HANDS:
        add_account(database, name, "", HANDS[0], clock)
    import_source(database, SourceSpec("canonical", district), HANDS[0], clock)
    version = load_policy("quzhou-demo", DAY)
    score_store(database, version, DAY, HANDS[0], clock)
    for name in HANDS:
        adopt(database, version, "benchmark", name, clock)
    database.close()


def _opened(folder: Path, keys: KeyStore | None) -> Database:
    """A store, which issues codes where there are keys."""
    database = migrate.open_store(str(folder / "sise.db"))
    if keys is not None:
        database.codes = IssuingOffice(QrSettings(host=HOST.lower(), issuer="330800", mode="sticker"), keys)
    return database


def _keys(folder: Path, since: date) -> KeyStore:
    keys = KeyStore(folder)
    keys.create("root.example.gov.cn")
    keys.add(NewKey("codes", "codes.example.gov.cn", since, district="330800"))
    return keys


def _noon(day: date, seconds: int) -> datetime:
    """So many seconds after noon in China."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC) + timedelta(seconds=seconds)
