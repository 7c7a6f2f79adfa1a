"""``sise model new``: drafts a first definition from data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli import arguments
from scoring.cli.options import (
    DatabaseOfDb,
    FromStore,
    Language,
    Sources,
    language_of,
    open_data,
    progress_bars,
    tell,
)
from scoring.disk import atomic_file
from scoring.errors import EnvironmentRefusedError, UsageError


def model_new(
    model_id: Annotated[str, typer.Argument(metavar="ID", help="模型编号 · id of the model, e.g. my-bureau")],
    source: Sources = None,
    db: FromStore = False,
    database: DatabaseOfDb = None,
    file: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="写到哪里，缺省 ID.toml · the file; ID.toml when omitted"),
    ] = None,
    lang: Language = None,
) -> None:
    """起草定义 · Draft a first definition from data: label, dates by the findings, plain inputs; to be read first."""
    refusal = EnvironmentRefusedError("training_packages_missing", command=arguments.INSTALL)
    arguments.require_packages(refusal, "sklearn", "interpret")
    from scoring.analysis.training.first_definition import draft_definition

    target, language = file or Path(f"{model_id}.toml"), language_of(lang)
    if target.exists():
        raise UsageError("definition_exists", path=target)
    with progress_bars(language) as progress, open_data(source, db, database, progress) as dataset:
        text = draft_definition(model_id, dataset)
    with atomic_file(target) as part_file:
        part_file.write_text(text, encoding="utf-8")
    tell(language, "mo_drafted", path=target)
