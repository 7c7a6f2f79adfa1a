"""The codes of the demonstration: keys that say DEMO, made anew each time, and a few stickers of each colour."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, MutableMapping, Sequence
from datetime import date
from pathlib import Path

from scoring.administration.credential.issuing_office import DEPLOYMENT, KEYS
from scoring.administration.keys.key_store import KeyStore, NewKey
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.cli.code_print import write_code
from scoring.cli.options import clock, today
from scoring.cli.store import store_at
from scoring.entities import Lang, Score
from scoring.store.facts.public_ids import public_id_of
from scoring.store.log.note import Signer

TRUST = "SISE_TRUST"
DIVISION = "330800"
"""Whose codes they are: the made-up district lies there."""
BRANCH = "分公司"
EXAMPLES = 3
"""Codes that are drawn of each colour."""
LOOKED_AT = 6
"""Companies of a colour among which such are looked for whose colour everybody may see."""
AMONG = 50
"""Enterprises of a colour among which a company is looked for."""


def set_up_codes(out_dir: Path, host: str, environment: MutableMapping[str, str]) -> list[str]:
    """Makes keys, deployment and trust list of a demonstration, unless the environment names others.

    Args:
        out_dir: Folder of the demonstration.
        host: Host and port of its pages.
        environment: Gets the variables that name them.

    Returns:
        The variables as they are written before a command.
    """
    if environment.get(KEYS):
        return []
    folder = out_dir / "keys"
    # An older demonstration's: nobody else's keys lie in the folder of one.
    shutil.rmtree(folder, ignore_errors=True)
    keys, day = KeyStore(folder), today()
    root = keys.create("demo-root")
    for purpose in ("codes", "tokens"):
        keys.add(NewKey(purpose, f"demo-{purpose}", day, district=DIVISION, is_demo=True))
    deployment, trust = out_dir / "deployment.toml", out_dir / "trust.note"
    deployment.write_text(f'[qr]\nhost = "{host}"\nissuer = "{DIVISION}"\n', encoding="utf-8")
    # Beside a demonstration the root key may lie in the folder; elsewhere it is kept offline.
    signer = Signer.read((folder / "root.key").read_text(encoding="utf-8"), root.name)
    listed = keys.trust_list([host.upper()], int(clock().timestamp()), day)
    trust.write_text(listed.signed(signer), encoding="utf-8")
    named = {KEYS: folder, DEPLOYMENT: deployment, TRUST: trust}
    environment.update({name: str(path) for name, path in named.items()})
    return [f"{name}={shlex.quote(str(path))}" for name, path in named.items()]


def draw_samples(store: str, codes: Path, host: str, actor: str, lang: Lang) -> Iterator[tuple[Score, str]]:
    """Draws stickers of a few enterprises of each colour; yields the first of each with the address of its page."""
    results = open_results(store)
    codes.mkdir(exist_ok=True)
    coloured = (str(band.colour) for band in results.version.policy.bands if band.colour)
    with store_at(store) as database:
        for colour in (*dict.fromkeys(coloured), "none"):
            candidates = results.find(EnterpriseSearch(colour=colour), limit=AMONG)[1]
            chosen = _shown_first(results, companies_first(candidates)[:LOOKED_AT], today())
            for number, score in enumerate(chosen[:EXAMPLES]):
                # A colon, as in local ids, is no letter of a file's name on Windows.
                file = codes / f"{colour}-{score.enterprise_id.replace(':', '_')}.png"
                write_code(
                    results, database, score.enterprise_id, file, actor, host=host, lang=lang, or_plate=True
                )
                if number == 0:
                    with results.read() as connection:
                        page = public_id_of(connection, score.enterprise_id)
                    yield score, f"{host}/e/{page}"


def _shown_first(results: CurrentResults, scores: Sequence[Score], day: date) -> list[Score]:
    """Those whose colour everybody may see, then the others."""
    granted = results.version.policy.audiences.get("public")
    if granted is None or not granted.grounds:
        return list(scores)
    return sorted(scores, key=lambda score: results.public(score.enterprise_id, day).state != "shown")


def companies_first(scores: Sequence[Score]) -> list[Score]:
    """A branch is shown under its company's name: as an example it would puzzle."""
    return sorted(scores, key=lambda score: BRANCH in (score.name or ""))


def environment_words(words: Sequence[str], command: str) -> str:
    """A command with the variables that it needs before it."""
    return " ".join((*words, command)) if os.name != "nt" else command
