"""``sise data``: made-up data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.cli.options import Language, language_of, progress_bars, tell

data_app = typer.Typer(no_args_is_help=True, help="数据 · Data: generate the synthetic district")


@data_app.command("generate")
def data_generate(
    out_dir: Annotated[Path, typer.Option("--out", help="目录 · folder")],
    enterprises: Annotated[int, typer.Option(help="主体数 · enterprises")] = 20_000,
    records_per: Annotated[int, typer.Option(help="每户记录数 · records per enterprise")] = 10,
    seed: Annotated[int, typer.Option(help="随机种子 · seed")] = 4,
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="csv | parquet")] = "parquet",
    lang: Language = None,
) -> None:
    """生成虚构辖区 · Generate the synthetic district, with its ledger of planted traps."""
    plan = DistrictPlan(enterprises=enterprises, records_per=records_per, seed=seed)
    with progress_bars(language_of(lang)) as progress:
        write_district(plan, out_dir, format=form, progress=progress)
    tell(
        language_of(lang),
        "district_written",
        path=out_dir,
        enterprises=enterprises,
        per=records_per,
    )
