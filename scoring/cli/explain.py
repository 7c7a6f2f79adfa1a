"""``sise explain``: why one enterprise of the store, or of files, has its colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from os import environ
from pathlib import Path

from scoring.administration.results.reader import open_results
from scoring.administration.results.viewer import Look, Viewer, viewer_of
from scoring.assess.assessor import Assessor
from scoring.cli import arguments, show
from scoring.cli.options import (
    AsOfFiles,
    AudienceOption,
    DatabaseOrFiles,
    EnterpriseId,
    Form,
    Language,
    OfAuthority,
    PolicyOfFiles,
    Sources,
    day_of,
    language_of,
    out,
    progress_bars,
    today,
)
from scoring.disk import scratch_folder
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Explanation, Lang
from scoring.explain.build import explain as build_explanation
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.explain.present import as_dict
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import read_sources
from scoring.records.map.sources import SourceSpec


def explain(
    enterprise_id: EnterpriseId,
    source: Sources = None,
    database: DatabaseOrFiles = None,
    policy: PolicyOfFiles = None,
    as_of: AsOfFiles = "",
    form: Form = "text",
    audience: AudienceOption = "enterprise",
    authority: OfAuthority = None,
    lang: Language = None,
) -> None:
    """解释一户的颜色 · Explain one enterprise, of the store or with --source of files: every point with its records."""
    language, officer = language_of(lang), audience == "officer"
    look = Look(viewer_of(authority, officer=officer), today())
    if source:
        arguments.refuse_database(database)
        assessment_day = day_of(as_of)
        version = load_policy(policy or "quzhou-demo", assessment_day)
        explained = _explain_sources(
            enterprise_id, arguments.specs(source), version, assessment_day, language, look.viewer
        )
    else:
        arguments.refuse_files_options(policy, as_of)
        stored = open_results(arguments.store_address(database, environ))
        explained = stored.explain(enterprise_id, look=look)
        version = stored.version_of((explained.proposed or explained).score)
    if form == "json":
        out.json(as_dict(explained, version, officer=officer))
    else:
        out.show(show.explanation(explained, version, language, officer=officer, today=today()))


def _explain_sources(
    enterprise_id: str,
    specs: Sequence[SourceSpec],
    version: ResolvedPolicy,
    as_of: date,
    lang: Lang,
    viewer: Viewer,
) -> Explanation:
    """Reads all sources and assesses one enterprise."""
    # Records of one enterprise may stand in any source, and in those of its branches.
    with scratch_folder() as folder, DuckEngine() as engine:
        with progress_bars(lang) as progress:
            intake = read_sources(
                specs, Path(folder), today=today(), progress=progress, relations=version.law.relations
            )
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        assessor = Assessor(engine, version, intake.covers, tables)
        if hidden := viewer.hidden(assessor.facts(enterprise_id), as_of):
            assessor = assessor.without(enterprise_id, hidden)
        assessed = assessor.full(enterprise_id, as_of)
        return build_explanation(assessed, version, look_ahead(assessor, assessed))
