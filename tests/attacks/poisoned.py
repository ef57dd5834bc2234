"""A town whose every name, ground and answer tries to be more than text.

Rows are changed beneath the program: what it refuses today may lie in a database from before.
"""

import json
import re

import sqlalchemy as sa

from storage.append_only import APPEND_ONLY
from storage.database import current_database
from webapp.tables import metadata

CANARY = "\"'><img src=x onerror=x()>{{7*7}}<script>x()</script>"
# Digests and signatures speak of these bytes: they are shown nowhere, or as they are.
SEALED = {"evidence_entry", "evidence_head", "evidence_node", "fact", "undertaking", "paper"}
_FREE_TEXT = re.compile(r"[\u4e00-\u9fff]")


def poison():
    """Put the canary after every free text of the open database; returns how many there were."""
    with current_database().writer.begin() as connection:
        for table in APPEND_ONLY:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS append_only_{table}_update")
        return sum(
            _poison(connection, table)
            for table in metadata.sorted_tables
            if table.name not in SEALED
        )


def _poison(connection, table):
    texts = [each for each in table.columns if isinstance(each.type, sa.String | sa.JSON)]
    keys = list(table.primary_key.columns)
    spoilt = 0
    for row in connection.execute(sa.select(*keys, *texts)).mappings().all():
        new = {each.name: _spoilt(row[each.name]) for each in texts if each.name in row}
        changed = {name: value for name, value in new.items() if value != row[name]}
        if changed:
            where = [key == row[key.name] for key in keys]
            connection.execute(sa.update(table).where(*where).values(**changed))
            spoilt += len(changed)
    return spoilt


def _spoilt(value):
    if isinstance(value, dict):
        return {name: _spoilt(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_spoilt(inner) for inner in value]
    if not isinstance(value, str) or isinstance(value, bytes) or not _FREE_TEXT.search(value):
        return value
    if value.startswith(("{", "[")):
        try:
            return json.dumps(_spoilt(json.loads(value)), ensure_ascii=False)
        except ValueError:
            return value + CANARY
    return value + CANARY
