"""The log of a busy year: 200,000 entries verified, against hashing the same bytes and nothing else."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import insert, update

from scoring.store.audit.verify import verify
from scoring.store.log.entry import event_row
from scoring.store.tables.database import Database
from scoring.store.tables.migrate import create
from scoring.store.tables.orm import AuditEvent, Head

ENTRIES = 200_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def run(folder: Path) -> dict[str, float]:
    """Seconds to verify the log, seconds to hash its leaves and tree alone, and the ratio."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        database = Database(str(Path(scratch) / "sise.db"))
        create(database)
        _fill(database)
        with database.read() as connection:
            payloads = [
                row[0].encode()
                for row in connection.exec_driver_sql("SELECT payload FROM audit_event ORDER BY seq")
            ]
            floor = _seconds(lambda: _hashed(payloads))
            verified = _seconds(lambda: verify(connection))
        database.close()
    times = {
        "verify_s": verified[0],
        "verify_cpu_s": verified[1],
        "hashing_cpu_s": floor[1],
        "ratio": verified[1] / floor[1],
    }
    found = {"entries": ENTRIES, **{name: round(value, 2) for name, value in times.items()}}
    print(json.dumps(found, indent=2))
    return found


def _fill(database: Database) -> None:
    """Entries as single facts leave them."""
    at = [(BEGIN + timedelta(seconds=150 * n)).isoformat(timespec="milliseconds") for n in range(ENTRIES)]
    policy = "480de6311b9e58ada63d645fa8fc312ef0146404fc27cc93b62b8525306d3215"
    with database.write() as connection:
        for start in range(0, ENTRIES, 10_000):
            rows = [
                event_row(
                    n + 1,
                    "record added",
                    "inspector",
                    at[n],
                    {"record_id": f"single:{n}", "seq": n, "policy": policy},
                    {},
                )
                for n in range(start, start + 10_000)
            ]
            connection.execute(insert(AuditEvent), rows)
        connection.execute(update(Head).values(event=ENTRIES, at=at[-1]))


def _hashed(payloads: list[bytes]) -> None:
    """As many hashes over as many bytes: payload and leaf of each entry, then the nodes of the tree."""
    for payload in payloads:
        sha256(payload).digest()
        sha256(payload).digest()
        sha256(payload[:65]).digest()


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """(seconds, seconds of processor)."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy
