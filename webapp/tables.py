"""Every table of the program, imported once, so that migrations and tests see the whole schema."""

import storage.due
import storage.subjects  # noqa: F401
from storage.base import Base

metadata = Base.metadata
