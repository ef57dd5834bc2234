"""One cache of compiled statements for all engines of a kind.

Every test opens a database of its own, and so engines of its own. Without this each of them
compiles again what hundreds before it have compiled: a quarter of the time of such a test.
"""

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_compiled = defaultdict(lambda: LRUCache(5_000))


@sa.event.listens_for(sa.Engine, "engine_connect")
def _share(connection):
    engine = connection.engine
    engine._compiled_cache = _compiled[engine.dialect]


# What is compiled is kept by its dialect, which every engine makes anew: those of a kind are one.
DefaultDialect.__hash__ = lambda dialect: hash(type(dialect))
DefaultDialect.__eq__ = lambda dialect, other: type(dialect) is type(other)
