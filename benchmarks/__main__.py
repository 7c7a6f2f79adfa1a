"""``python3 run.py bench [NAME] …``: prints figures and ratios, and writes them as JSON with the machine that they are of."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    audit,
    change,
    codes,
    explain,
    model,
    one,
    oversight,
    page_load,
    rules,
    score,
    store,
)
from benchmarks.figures import circumstances

RESULTS = Path("out/bench")
NAMES = ("score", "one", "rules", "change", "explain", "model", "store", "audit", "oversight", "codes", "web")
ONE_MILLION, OF_FOLDER, OF_STORE = 1_000_000, 20_000, 200_000


def main() -> None:
    """Runs the benchmarks that are named, or all of them at their default size."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="all when omitted")
    parser.add_argument(
        "--enterprises",
        type=int,
        nargs="+",
        help="sizes of the district, e.g. 1000000 5000000 (explain: the first, 20000 by default)",
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs of each measure, in turns")
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    sizes = arguments.enterprises or [ONE_MILLION]
    folder_size = (arguments.enterprises or [OF_FOLDER])[0]
    benchmarks: dict[str, Callable[[], object]] = {
        "score": lambda: score.run(sizes, arguments.repeat, RESULTS),
        "one": lambda: one.run(RESULTS),
        "rules": lambda: rules.run(sizes, arguments.repeat, RESULTS),
        "change": lambda: change.run(sizes, arguments.repeat, RESULTS),
        "explain": lambda: explain.run(folder_size, RESULTS),
        "audit": lambda: audit.run(RESULTS),
        "model": lambda: model.run(sizes, arguments.repeat, RESULTS),
        "codes": lambda: codes.run((arguments.enterprises or [OF_STORE])[0], RESULTS),
        "store": lambda: store.run((arguments.enterprises or [OF_STORE])[0], RESULTS),
        "web": lambda: page_load.run(RESULTS),
        "oversight": lambda: oversight.run((arguments.enterprises or [OF_STORE])[0], RESULTS),
    }
    found: dict[str, object] = {"circumstances": circumstances()}
    found |= {name: benchmarks[name]() for name in NAMES if arguments.name in (None, name)}
    target = RESULTS / f"{arguments.name or 'all'}.json"
    target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"written to {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
