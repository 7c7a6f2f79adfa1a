"""``python3 run.py notebooks [NAME …] [--small]``: executes the notebooks and writes each as HTML under ``out/notebooks/``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from notebooks.execution import NOTEBOOKS, execute, failure, to_html

OUT = Path("out/notebooks")
talk = Console(stderr=True, highlight=False, markup=False, emoji=False)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="run.py notebooks", description="执行笔记本并写成 HTML · execute the notebooks and write each as HTML"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="编号或名称，例如 02 · number or name, e.g. 02; 缺省全部 · all by default")
    parser.add_argument("--small", action="store_true", help="小样本，数十秒 · small data, tens of seconds")
    parser.add_argument("--out", type=Path, default=OUT, help="输出目录 · folder of the HTML")
    arguments = parser.parse_args()
    chosen = [path for path in NOTEBOOKS if not arguments.names or any(path.stem.startswith(name) for name in arguments.names)]
    if not chosen:
        known = ", ".join(path.stem for path in NOTEBOOKS)
        parser.error(f"没有名为 {' '.join(arguments.names)} 的笔记本；有 {known} · no such notebook; there are {known}, e.g. 02")
    out = arguments.out / "small" if arguments.small else arguments.out
    failed = [path for path in chosen if not _run(path, arguments.small, out)]
    return 1 if failed else 0


def _run(path: Path, small: bool, out: Path) -> bool:
    start, columns = time.perf_counter(), (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=talk) as bar:
        task = bar.add_task(path.stem)
        notebook = execute(path, small, out, lambda done, cells: bar.update(task, completed=done, total=cells))
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
