"""Programs that run beside the story: two witnesses on folders of their own, started again when
they die, and two regulators who watch.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client.journey.cast import Cast
from client.watcher import Watcher

ROOT = Path(__file__).resolve().parents[2]
_LOOK_SECONDS = 0.5


@dataclass
class Witnesses:
    """The witness programs, each with its own folder of keys and its own token file."""

    cast: Cast
    folder: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __enter__(self) -> "Witnesses":
        """Start all, and a thread that starts again what dies."""
        self._stop = threading.Event()
        for name in self.cast.witnesses:
            self._start(name)
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all."""
        self._stop.set()
        self._thread.join()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait()

    def _keep(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            for name, process in self.processes.items():
                if process.poll() is not None:
                    self._start(name)

    def _start(self, name: str) -> None:
        home = self.folder / name
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        token = home / "token"
        token.touch(mode=0o600)
        token.write_text(self.cast[name].token)
        command = ["-m", "client.witness", "--url", self.cast.url, "--home", str(home)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *command, "--token-file", str(token)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )


@dataclass
class Watch:
    """Two regulators, one of whom loses the socket in the middle and resumes."""

    cast: Cast
    watchers: list[Watcher] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Both connect."""
        names = ("regulator", "regulator2")
        self.watchers = [Watcher(self.cast.url, self.cast[name].token) for name in names]

    def follow(self, topic: str) -> None:
        """Both follow a topic from its beginning."""
        self.topics.append(topic)
        for watcher in self.watchers:
            watcher.watch(topic)

    def lose_one(self) -> None:
        """The second one's socket is gone."""
        self.watchers[1].drop()

    def resume(self) -> None:
        """Who has no socket comes back and catches up."""
        for watcher in self.watchers:
            if not watcher.is_connected:
                watcher.resume()

    def account(self) -> dict[str, Any]:
        """What arrived, against what the platform says there is; ends the watching."""
        platform = self.cast["regulator"].platform
        heads = {topic: _head(platform.live(topic)) for topic in self.topics}
        for watcher in self.watchers:
            watcher.resume()  # whatever is still on its way is read now
            watcher.close()
        counts = [watcher.counts for watcher in self.watchers]
        return {
            "watchers": len(self.watchers),
            "messages": sum(c["first"] + c["live"] + c["resent"] for c in counts),
            "gaps": sum(watcher.missing(heads) for watcher in self.watchers),
            "duplicates": sum(c["twice"] for c in counts),
            "resent": sum(c["resent"] for c in counts),
        }


def _head(pages: Sequence[dict[str, Any]]) -> int:
    return int(pages[-1]["head"])
