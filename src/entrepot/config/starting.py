"""Before serving: the database role must not be one that could pass the guards."""

import time

from django.db import OperationalError, connection

from entrepot.base.start_check import problems

_PATIENCE_S = 30


def refuse_unfit() -> None:
    """End the process when it would serve under an unfit role; a database that is still coming up is waited for."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            found = problems()
            break
        except OperationalError:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
    if found:
        raise SystemExit("refusing to serve: " + "; ".join(found))
    connection.close()
