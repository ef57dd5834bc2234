"""What the program is like when it has just started."""

import os
import subprocess
import sys

import pytest

from tests.journeys.town import ROOT

_ASKED = "import gc, wsgi; print(gc.get_freeze_count(), len(gc.get_objects()))"


@pytest.mark.attack("live")
def test_what_the_start_made_is_not_looked_through_again(tmp_path):
    command = [sys.executable, "-c", _ASKED]
    environment = {**os.environ, "ZHAOBIAO_VAR": str(tmp_path / "var")}

    told = subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    frozen, looked_through = map(int, told.split())
    assert frozen > 100 * looked_through
