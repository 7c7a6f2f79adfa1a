"""Executes the notebooks and writes each as HTML under ``out/notebooks/``; what runs on given data goes to ``own`` there.

``python3 run.py notebooks [NAME …] [--small] [--db [--database ADDRESS] | --source MAP:PATH …] [--definition DEF.toml]``
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from notebooks.execution import NOTEBOOKS, execute, failure, to_html
from notebooks.place import STORE
from scoring.analysis.training.definition import read_definition
from scoring.cli.arguments import store_alone
from scoring.errors import SiseError
from scoring.records.map.sources import parse_source
from scoring.store.tables import migrate

OUT = Path("out/notebooks")
talk = Console(stderr=True, highlight=False, markup=False, emoji=False)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="run.py notebooks", description="执行笔记本并写成 HTML · execute the notebooks and write each as HTML"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="编号或名称，例如 02 · number or name, e.g. 02; 缺省全部 · all by default")
    parser.add_argument("--small", action="store_true", help="小样本，数十秒 · small data, tens of seconds")
    parser.add_argument("--source", action="append", metavar="MAP:PATH", help="自己的文件 · own files, e.g. canonical:data/sample; repeatable")
    parser.add_argument("--db", action="store_true", help="库中的数据，代号化 · what the store holds, under pseudonyms (see --database)")
    parser.add_argument("--database", default=os.environ.get("SISE_DATABASE_URL", "sise.db"), help="数据库文件或地址 · a file or an URL")
    parser.add_argument("--definition", type=Path, metavar="DEF.toml", help="自己的模型定义 · own definition of a model, for 00, 02 and 03")
    parser.add_argument("--out", type=Path, default=OUT, help="输出目录 · folder of the HTML")
    arguments = parser.parse_args()
    # On own data the demonstration policy of 04 is nobody's: it runs there only where it is asked for.
    unasked = ("04",) if arguments.db or arguments.source else ()
    chosen = [path for path in NOTEBOOKS if not arguments.names and not path.stem.startswith(unasked or "-")]
    chosen += [path for path in NOTEBOOKS if any(path.stem.startswith(name) for name in arguments.names)]
    if not chosen:
        known = ", ".join(path.stem for path in NOTEBOOKS)
        parser.error(f"没有名为 {' '.join(arguments.names)} 的笔记本；有 {known} · no such notebook; there are {known}, e.g. 02")
    try:
        given = _given(arguments)
        if arguments.definition:
            read_definition(arguments.definition)
    except SiseError as error:
        talk.print(f"{error.zh}\n{error.en}", soft_wrap=True)
        return error.exit_code
    out = arguments.out / ("own" if given else "") / ("small" if arguments.small else "")
    failed = [path for path in chosen if not _run(path, arguments.small, out, given, arguments.definition)]
    return 1 if failed else 0


def _given(arguments: argparse.Namespace) -> list[str]:
    """The data that were asked for, in full: a kernel runs in a folder of its own.

    Raises:
        SiseError: Sources beside a store, a source of no form, or a store that cannot be opened.
    """
    if arguments.db:
        store_alone(arguments.source)
        database = migrate.open_store(arguments.database)
        database.close()
        return [STORE + (str(Path(database.place).resolve()) if database.is_sqlite else arguments.database)]
    specs = [parse_source(source) for source in arguments.source or ()]
    maps = (str(Path(spec.map).resolve()) if spec.map.endswith(".toml") else spec.map for spec in specs)
    return [f"{name}:{spec.path.resolve()}" for name, spec in zip(maps, specs, strict=True)]


def _run(path: Path, small: bool, out: Path, given: Sequence[str], definition: Path | None) -> bool:
    start, columns = time.perf_counter(), (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=talk) as bar:
        task = bar.add_task(path.stem)
        notebook = execute(
            path, small, out, lambda done, cells: bar.update(task, completed=done, total=cells), given=given, definition=definition
        )
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{path.stem}.html"
    target.write_text(to_html(notebook, path.stem), encoding="utf-8")
    fault = failure(notebook)
    if fault:
        talk.print(f"{path.stem} 未完成，见 {target} · {path.stem} failed, see {target}\n{fault}", soft_wrap=True)
    else:
        print(f"{target}  {time.perf_counter() - start:.0f} s")
    return fault is None


if __name__ == "__main__":
    sys.exit(main())
