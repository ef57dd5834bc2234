"""`python -m bench [NAME …]`: run the benchmarks, write bench/results.json and README's figures.

Each module prints JSON lines {"row", "what", "ours", "limit", "ratio", "goal"}; rows are those
of the goal table of the performance notes. Ratios hold on any machine, seconds on this one only.
Of benchmarks that are not named, the figures of their last run stay.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
README = FOLDER.parent / "README.md"
_BEGIN, _END = "<!-- figures -->", "<!-- /figures -->"
_TITLE = """## Figures

Ratios measured side by side in one run of `python3 bootstrap.py bench`, which writes this table.
Where the cost of a part of a bid (row 3) goes is told in
[decision 012](docs/decisions/012-what-a-part-of-a-bid-costs.md)."""


def main(names: list[str]) -> int:
    """Run all, or the named ones; print one table. 1 if a benchmark failed."""
    known = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    found = {name: [row for row in kept if row["bench"] == name] for name in known}
    failed = []
    for name in names or known:
        found[name], is_good = _measured(name)
        failed += [] if is_good else [name]
    rows: list[dict[str, Any]] = [row for each in found.values() for row in each]
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        cells = (row["row"], row["what"], row["ours"], row["limit"], row["ratio"], row["goal"])
        print(" | ".join(str(cell) for cell in cells))
    _write_figures(rows)
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    return 1 if failed else 0


def _measured(name: str) -> tuple[list[dict[str, Any]], bool]:
    """The rows of one benchmark, and whether it ended well."""
    command = [sys.executable, "-m", f"bench.{name}"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    return [{"bench": name} | json.loads(line) for line in lines], result.returncode == 0


def _write_figures(rows: list[dict[str, Any]]) -> None:
    """Put the table into README.md, between its marks."""
    head = "| row | what | ours | limit | ratio | goal |\n| --- | --- | --- | --- | --- | --- |\n"
    keys = ("row", "what", "ours", "limit", "ratio", "goal")
    table = head + "".join(f"| {' | '.join(str(row[key]) for key in keys)} |\n" for row in rows)
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    README.write_text(f"{before}{_BEGIN}\n{_TITLE}\n\n{table}{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
