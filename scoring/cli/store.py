"""The store as commands use it: opened and closed, filled from sources, scored, asked.

``sise db``, ``sise demo`` and the commands for single facts share it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from scoring.administration.casework.daily import run_daily_casework
from scoring.administration.credential.issuing_office import attach_keys
from scoring.administration.inspection.photo_cleaning import clean_photos
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.assess.not_looked_at import NOT_LOOKED_AT
from scoring.cli import arguments, show
from scoring.cli.code_report import tell_codes
from scoring.cli.options import (
    clock,
    out,
    progress_bars,
    tell,
    tell_cautions,
    tell_not_looked_at,
    today,
)
from scoring.disk import private_file, scratch_folder
from scoring.entities import Lang
from scoring.errors import UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.fictitious_facts import holds_fictitious
from scoring.store.facts.importing import Imported, Lists, import_source
from scoring.store.standing.assessing import score_store
from scoring.store.standing.open_proposals import proposals, unserved
from scoring.store.standing.policies import stored_version
from scoring.store.standing.registering import policy_of_store
from scoring.store.standing.standings import StoredStanding, counts_in_effect, read_standings
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment
from scoring.store.tables.visible import VisibleRecord
from scoring.store.tables.writing import day_in_china

LISTS = ("rejects", "remarks", "changes", "not_looked_at", "past")
"""What an import lists, in the order of ``Lists``."""
LONGEST_NAME = 60
"""Characters of a source in the names of its lists: names of files have an end."""


class KnownRecord(NamedTuple):
    """Which record a version belongs to."""

    record_id: str
    enterprise_id: str
    kind: str


class Entry(NamedTuple):
    """How a fact or a step is entered: where, by whom, under which policy, as of which day; and how it is shown."""

    address: str
    actor: str
    policy: str
    day: date
    form: str
    lang: str | None


@contextmanager
def store_at(address: str, *, current: bool = True) -> Iterator[Database]:
    """The database of a command, closed at its end.

    Args:
        address: A file or an address.
        current: Whether it must be there with this programme's schema.
    """
    database = migrate.open_store(address) if current else Database(address)
    try:
        attach_keys(database, os.environ, day_in_china(clock()))
        yield database
    finally:
        database.close()


def import_sources(
    specs: Sequence[SourceSpec],
    address: str,
    actor: str,
    rejects: Path | None,
    lang: Lang,
    *,
    accept_corrections: bool = False,
) -> int:
    """Imports sources one after the other and says what became of each.

    Args:
        specs: The sources.
        address: The store.
        actor: Who imports.
        rejects: One file for the refused rows of all, with those of remarks and changes beside it;
            by default one a source (see ``list_beside``).
        lang: Language of what is said.
        accept_corrections: Whether what files say anew of stored records are corrections.

    Returns:
        Number of rejected rows.

    Raises:
        UsageError: The store is no file, and no file for the refused rows is named.
    """
    with store_at(address) as store, scratch_folder() as folder:
        if rejects:
            arguments.refuse_unusable(rejects)
        # Each source commits by itself, so its lists are kept at once: a later one may fail.
        rejected, kept = 0, set[Path]()
        for number, spec in enumerate(specs):
            apart = Lists(*(Path(folder) / f"{number}-{name}.csv" for name in LISTS))
            lists = apart if rejects else _lists_beside(store, spec)
            with progress_bars(lang) as progress:
                imported = import_source(
                    store,
                    spec,
                    actor,
                    clock,
                    lists=lists,
                    accept_corrections=accept_corrections,
                    policy=_last_policy(store),
                    progress=progress,
                )
            if rejects:
                lists = _keep_together(lists, rejects, kept)
            _tell_import(str(spec), imported, lists, lang)
            rejected += imported.counts.rejected if imported.counts else 0
    return rejected


def _lists_beside(store: Database, spec: SourceSpec) -> Lists:
    """The files for what an import lists, beside the store; those of an earlier import are gone."""
    lists = Lists(*(list_beside(store, spec, name) for name in LISTS))
    for file in (lists.remarks, lists.changes, lists.not_looked_at, lists.past):
        if file:
            file.unlink(missing_ok=True)
    return lists


def _last_policy(store: Database) -> ResolvedPolicy | None:
    """The policy that scored last; none before the first scoring."""
    last = select(Assessment.rules_sha256).order_by(Assessment.number.desc()).limit(1)
    with store.read() as connection:
        sha256 = connection.execute(last).scalar()
        return stored_version(connection, sha256) if sha256 else None


def list_beside(store: Database, spec: SourceSpec, name: str) -> Path:
    """The file for one list of an import, beside the store.

    For example ``sise.db.rejects-canonical-data-sample.csv``.

    Raises:
        UsageError: The store is no file, so that nothing is beside it.
    """
    if not store.is_sqlite:
        raise UsageError("rejects_place_missing")
    place, source = Path(store.place), re.sub(r"\W+", "-", str(spec)).strip("-")
    return place.with_name(f"{place.name}.{name}-{source[-LONGEST_NAME:]}.csv")


def _keep_together(lists: Lists, rejects: Path, kept: set[Path]) -> Lists:
    """Puts the lists of one source into the files of all: that of the refused rows and those beside it."""
    together = Lists(rejects, *(rejects.with_name(f"{rejects.stem}.{name}.csv") for name in LISTS[1:]))
    for rows, file in zip(astuple(lists), astuple(together), strict=True):
        if rows.exists():
            _append(rows, file, further=file in kept)
            kept.add(file)
    return together


def _append(rows: Path, file: Path, *, further: bool) -> None:
    """Puts a list of one source into a file, behind those of the sources before it."""
    private_file(file)
    mode, encoding = ("a", "utf-8") if further else ("w", "utf-8-sig")
    with (
        rows.open(encoding="utf-8-sig", newline="") as read,
        file.open(mode, encoding=encoding, newline="") as to,
    ):
        if further:
            next(read)
        shutil.copyfileobj(read, to)


def _tell_import(name: str, imported: Imported, lists: Lists, lang: Lang) -> None:
    """Prints what an import did, and where its lists are."""
    if imported.counts is not None:
        out.show(show.source_table({"sources": {name: asdict(imported.counts)}}, lang))
    records = imported.records + imported.corrections
    numbers = {"enterprises": imported.enterprises, "records": records, "known": imported.known}
    shown_numbers = {key: f"{number:,}" for key, number in numbers.items()}
    tell(lang, "db_imported" if imported.changed else "db_nothing_new", source=name, **shown_numbers)
    counts = asdict(imported.changes)
    if any(counts.values()):
        shown_counts = {key: f"{count:,}" for key, count in counts.items()}
        tell(lang, "db_changes", **shown_counts, file=lists.changes)
    if imported.changes.conflicting:
        tell(lang, "db_conflicts")
    if imported.not_looked_at:
        out.show(show.not_looked_at_table(imported.not_looked_at, lang))
        tell_not_looked_at(imported.not_looked_at, lists.not_looked_at, lang)
    if imported.past:
        tell(lang, "db_past", n=f"{imported.past:,}", file=lists.past)
    if imported.counts is not None and imported.counts.warnings:
        tell(lang, "remarks", file=lists.remarks)
    if imported.counts is not None and imported.counts.rejected:
        tell(lang, "rejected", n=f"{imported.counts.rejected:,}", file=lists.rejects)


def _keep_unseen(store: Database, listed: Path) -> Path | None:
    """Keeps the list of records that the rules of a scoring cannot see beside the store, in place of an older one.

    Returns:
        The file; ``None``: there are no such records, or nothing is beside the store.
    """
    target = _unseen_file(store)
    if target is None:
        return None
    target.unlink(missing_ok=True)
    if not listed.exists():
        return None
    private_file(target)
    shutil.copyfile(listed, target)
    return target


def _unseen_file(store: Database) -> Path | None:
    """The list of records that no rule of a scoring sees; ``None``: nothing is beside the store."""
    if not store.is_sqlite:
        return None
    place = Path(store.place)
    return place.with_name(f"{place.name}.{NOT_LOOKED_AT}")


def score_db(
    address: str,
    policy: str,
    as_of: date,
    actor: str,
    lang: Lang,
    agreed: int | None = None,
    *,
    full: bool = False,
) -> ResolvedPolicy:
    """Scores the store and deletes what the law has deleted; prints what is in effect and what is proposed.

    Returns:
        The rules that it was scored under.
    """
    with store_at(address) as store, scratch_folder() as folder:
        version = policy_for(store, policy, as_of)
        tell_cautions(version, as_of, lang)
        unseen = Path(folder) / NOT_LOOKED_AT
        cases = run_daily_casework(store, version, actor, clock)
        with progress_bars(lang) as progress:
            run = score_store(
                store,
                version,
                as_of,
                actor,
                clock,
                agreed=agreed,
                unseen=unseen,
                full=full,
                progress=progress,
            )
        listed = _unseen_file(store) if run.is_listed_before else _keep_unseen(store, unseen)
        _show_in_effect(store, version, as_of, lang)
        tell_codes(store, version, run.codes, lang)
        with store.read() as connection:
            waiting = proposals(connection, version)
        tell_cleaned(store, lang)
    if waiting:
        out.show(show.proposed_table(waiting, version.policy, lang))
    if run.deleted:
        out.show(show.deleted_table(run.deleted, lang))
    if run.not_looked_at:
        out.show(show.not_looked_at_table(run.not_looked_at, lang))
        if listed:
            tell_not_looked_at(run.not_looked_at, listed, lang)
    if cases.escalated or cases.closed:
        tell(lang, "case_day", escalated=len(cases.escalated), closed=len(cases.closed))
    tell(
        lang,
        "db_scored",
        n=f"{run.enterprises:,}",
        looked_at=f"{run.looked_at:,}",
        changed=f"{run.changed:,}",
        proposed=f"{len(waiting):,}",
        unserved=f"{unserved(waiting, version.policy):,}",
        erased=f"{len(run.deleted):,}",
    )
    return version


def tell_cleaned(store: Database, lang: Lang) -> None:
    """Deletes photographs and minutes of visits that no record keeps any more; says how many."""
    cleaned = clean_photos(store, PhotoFolder.of(store, os.environ), today())
    if cleaned.photos or cleaned.minutes:
        tell(lang, "photos_cleaned", photos=cleaned.photos, minutes=cleaned.minutes)


def show_in_effect(address: str, version: ResolvedPolicy, as_of: date, lang: Lang) -> None:
    """Prints how many enterprises have which colour in effect."""
    with store_at(address) as store:
        _show_in_effect(store, version, as_of, lang)


def _show_in_effect(store: Database, version: ResolvedPolicy, as_of: date, lang: Lang) -> None:
    with store.read() as connection:
        in_effect = counts_in_effect(connection, version.policy.id)
        fictitious = holds_fictitious(connection)
    counts = {"as_of": as_of.isoformat(), **in_effect._asdict(), "fictitious": fictitious}
    out.show(show.colour_table(counts, version, lang))


def policy_for(store: Database, ref: str, as_of: date) -> ResolvedPolicy:
    """The rules that a command writes under (see ``policy_of_store``)."""
    with store.read() as connection:
        return policy_of_store(connection, ref, as_of)


def record_of(store: Database, seq: int) -> KnownRecord:
    """The record that a version belongs to."""
    query = select(VisibleRecord.record_id, VisibleRecord.enterprise_id, VisibleRecord.kind)
    with store.read() as connection:
        return KnownRecord(*connection.execute(query.where(VisibleRecord.seq == seq)).one())


def standings_of(store: Database, policy_id: str, enterprise_ids: Sequence[str]) -> dict[str, StoredStanding]:
    """Where enterprises stand under a policy; who has no standing there is left out."""
    with store.read() as connection:
        return read_standings(connection, policy_id, enterprise_ids)
