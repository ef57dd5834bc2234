"""The packages of the program, and those that stand apart from it."""

PROGRAM = (
    "kernel",
    "storage",
    "evidence",
    "outbox",
    "identity",
    "trading",
    "evaluation",
    "supervision",
    "webapp",
)
APART = ("client", "verifier", "demo", "bench")
