"""What heavy work needs besides the database: files, fonts, the authority, a time-stamper.

The keys are loaded at first use and stay loaded: a worker that never signs never reads them.
"""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pyhanko.sign.timestamps import TimeStamper

from evidence.actions.authority import Authority, open_authority
from evidence.actions.timestamps import timestamper_for
from storage.vault import Vault

PAPER_LIMIT_BYTES = 64 << 20


@dataclass(frozen=True)
class Workshop:
    """Handed to every piece of due work by the worker."""

    vault: Vault
    authority_folder: Path
    font_folder: Path
    time_stamp_url: str | None = None

    @cached_property
    def authority(self) -> Authority:
        """The built-in authority, made at first use."""
        return open_authority(self.authority_folder, datetime.now(UTC))

    @cached_property
    def timestamper(self) -> TimeStamper:
        """The configured time-stamp authority, or the built-in one."""
        return timestamper_for(self.time_stamp_url, self.authority)

    def keep(self, content: bytes) -> str:
        """Store a paper; its SHA-256 in hex."""
        return self.vault.put(io.BytesIO(content), limit=PAPER_LIMIT_BYTES)[0]
