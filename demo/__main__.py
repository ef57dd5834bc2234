"""`python -m demo`: make the accounts and the rehearsal lot that are missing; print them."""

import sys

from demo.lot import make_demo_lot
from demo.people import make_demo_people
from storage.database import open_database
from webapp.settings import settings_from

open_database(settings_from().database_url)
for line in make_demo_people():
    print(f"  {line}", file=sys.stderr)
if "--no-lot" not in sys.argv:
    print(f"  rehearsal {make_demo_lot()}", file=sys.stderr)
