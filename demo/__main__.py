"""`python -m demo`: make the demo accounts that are missing and print them on stderr."""

import sys

from demo.people import make_demo_people
from storage.database import open_database
from webapp.settings import settings_from

open_database(settings_from().database_url)
for line in make_demo_people():
    print(f"  {line}", file=sys.stderr)
