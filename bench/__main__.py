"""`python -m bench [NAME …]`: run the benchmarks and write bench/results.json.

Each module prints JSON lines {"row", "what", "ours", "limit", "ratio", "goal"}; rows are those
of the goal table of the performance notes. Ratios hold on any machine, seconds on this one only.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"


def main(names: list[str]) -> int:
    """Run all, or the named ones; print one table. 1 if a benchmark failed."""
    known = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    rows: list[dict[str, Any]] = []
    failed = []
    for name in names or known:
        result = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True
        )
        rows += [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        if result.returncode:
            failed.append(name)
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        cells = (row["row"], row["what"], row["ours"], row["limit"], row["ratio"], row["goal"])
        print(" | ".join(str(cell) for cell in cells))
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
