"""What can be asked of bin/up, in words for a person."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from entrepot_launch.folder import DEFAULT

DEFAULT_PORT = 8000
EXIT_CODES = """exit codes:
  0  stopped by SIGINT or SIGTERM after a clean end
  1  a step of the start failed (the environment, the migration, the demo world)
  2  an option is unknown or malformed
  3  the data folder is in use by a running instance
  4  the port is taken
  5  PostgreSQL cannot be started or reached
  6  the programs did not answer in time

environment:
  DATABASE_URL        use this PostgreSQL (15 or newer) instead of our own. Alone it is an administrator's address, with
                      which roles and database are made; together with DATABASE_OWNER_URL it is the serving role's.
  ENTREPOT_VENV       folder of the virtual environment (.venv)
  ENTREPOT_HOSTS      host names the pages answer to, separated by commas
"""


@dataclass(frozen=True)
class Options:
    """The options of one start."""

    port: int
    host: str
    data: Path
    is_fresh: bool
    has_demo: bool
    allows_private_callbacks: bool


def parse(arguments: list[str]) -> Options:
    """Reads the command line; leaves with code 2 if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Starts a whole Entrepot on this machine: database, API, pages and worker. Stays in the foreground "
        "and prints a line 'ready http://…' when all of it answers.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=port, default=DEFAULT_PORT, metavar="N", help="public port (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--data", type=Path, default=DEFAULT, metavar="DIR", help="data folder (data in this clone)")
    parser.add_argument("--fresh", action="store_true", help="throw away what is in the data folder and begin anew")
    parser.add_argument(
        "--no-demo", action="store_true", help="begin with an empty network; decided at the first start"
    )
    parser.add_argument(
        "--allow-private-callbacks", action="store_true", help="let callbacks go to private addresses, for trying out"
    )
    given = parser.parse_args(arguments)
    return Options(
        port=given.port,
        host=given.host,
        data=given.data,
        is_fresh=given.fresh,
        has_demo=not given.no_demo,
        allows_private_callbacks=given.allow_private_callbacks,
    )


def port(text: str) -> int:
    """A port from the command line."""
    number = int(text)
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number
