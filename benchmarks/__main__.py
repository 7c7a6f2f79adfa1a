"""``python3 run.py bench [score|one] …``: prints ratios and writes them as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import one, score

RESULTS = Path("out/bench")


def main() -> None:
    """Runs the benchmarks that are named, or all of them at their default size."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=("score", "one"), help="all when omitted")
    parser.add_argument("--enterprises", type=int, nargs="+", default=[1_000_000], help="sizes of the district, e.g. 1000000 5000000")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each measure; the median is taken")
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    found: dict[str, object] = {}
    if arguments.name in (None, "score"):
        found["score"] = score.run(arguments.enterprises, arguments.repeat, RESULTS)
    if arguments.name in (None, "one"):
        found["one"] = one.run(RESULTS)
    target = RESULTS / f"{arguments.name or 'all'}.json"
    target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"written to {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
