"""axe-core in a page: what it finds is told by rule and place. It is the copy of node_modules."""

from pathlib import Path

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page):
    """Rule and places of everything that axe finds wrong on a page; [] where nothing is."""
    # Through the debugger's protocol: the page's own content policy stays as strict as it is.
    page.evaluate(SOURCE.read_text(encoding="utf-8") + "; undefined")
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, iframes: false})"
        ".then(r => r.violations)",
        TAGS,
    )
    return [
        (each["id"], node["target"], node["failureSummary"])
        for each in found
        for node in each["nodes"]
    ]
