"""`python -m demo [city | show | reset]`: the made-up city. Progress goes to stderr.

Without a word: the accounts and the first tender that are missing, printed. `city`: everything
else. `show`: one more tender from notice to archive, to be watched. Exit 0 when all of it is there,
1 when something could not be played or was refused.
"""

import argparse
import logging
import sys

from demo.people import make_demo_people
from demo.playing import play_city, play_first, play_show
from demo.reset import empty, refuse_if_no_demo, refuse_if_real
from demo.stage import WITNESS, Stage
from kernel.errors import Refusal
from storage.database import open_database
from webapp.serve import alone
from webapp.settings import settings_from


def main(arguments: list[str]) -> int:
    """Parse and do."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("start", "city", "show", "reset"), default="start"
    )
    parser.add_argument("--no-lot", action="store_true", help="the accounts alone")
    parser.add_argument("--seed", type=int, default=1, help="who bids what follows from it")
    parser.add_argument("--witness", action="store_true", help="enrol the witness's own key too")
    parser.add_argument("--pace", type=float, default=3, help="seconds between steps of a show")
    given = parser.parse_args(arguments)
    logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it warns of every signature
    settings = settings_from()
    database, stage = open_database(settings.database_url), Stage(settings, given.seed)
    try:
        if given.what == "city":
            return _play(stage)
        if given.what == "show":
            return _show(stage, given.pace)
        if given.what == "reset":
            empty(database, settings)
            return 0
        refuse_if_no_demo()
    except Refusal as refusal:
        _say(str(refusal))
        return 1
    for line in make_demo_people():
        _tell(line)
    if given.witness:
        stage.enrol(WITNESS)
    if not given.no_lot:
        _tell(f"rehearsal {play_first(stage)}")
    return 0


def _play(stage: Stage) -> int:
    with alone(stage.folder / "playing.lock") as is_free:
        if is_free:
            refuse_if_real()
            return 0 if play_city(stage, _say) else 1
    _say("the city is being played already")
    return 1


def _show(stage: Stage, pace: float) -> int:
    with alone(stage.folder / "show.lock") as is_free:
        if is_free:
            refuse_if_real()
            return 0 if play_show(stage, _say, pace) else 1
    _say("a show is being played already")
    return 1


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr)


def _say(line: str) -> None:
    print(f"[demo] {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
