"""bin/mall: the start of a mall, by the same steps and under the same watch as the platform's."""

import argparse
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from entrepot_launch import command, options, plan, up
from entrepot_launch.faults import LaunchError
from entrepot_launch.folder import ROOT, DataFolder

DEFAULT_PORT = 8100
DEFAULT = ROOT / "data" / "mall"
SETTINGS_MODULE = "entrepot_mall.config.settings"
PAGE_THREADS = 8
# What the command line says, and the variable that says it instead: a secret on a command line is seen by others.
CONNECTION = {
    "platform": "ENTREPOT_MALL_PLATFORM",
    "key": "ENTREPOT_MALL_KEY",
    "secret": "ENTREPOT_MALL_SECRET",
    "url": "ENTREPOT_MALL_URL",
}
EPILOG = """environment:
  ENTREPOT_MALL_PLATFORM, ENTREPOT_MALL_KEY, ENTREPOT_MALL_SECRET, ENTREPOT_MALL_URL
                      the same as the options, and out of sight of others on the machine
  DATABASE_URL        use this PostgreSQL instead of our own, one the platform does not use
  ENTREPOT_VENV       folder of the virtual environment (.venv)
  ENTREPOT_HOSTS      host names the pages answer to, separated by commas

one more shop under a host name of its own, which needs a key of its own:
  bin/mall open-shop --data DIR --name NAME --host HOST

Connection and secret are kept in the data folder, so a later start needs neither. Exit codes: those of bin/up."""


@dataclass(frozen=True)
class Wishes:
    """The options of one start of a mall."""

    instance: options.Options
    connection: dict[str, str]


def parse(arguments: list[str]) -> Wishes:
    """Reads the command line; leaves with code 2 if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="bin/mall",
        description="Starts a mall: its own database, pages and worker. It is a distributor of the platform it is "
        "connected to, over the open API and nothing else. Prints 'ready http://…' when all of it answers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=options.port, default=DEFAULT_PORT, metavar="N", help="port (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--data", type=Path, default=DEFAULT, metavar="DIR", help="data folder (data/mall)")
    parser.add_argument("--fresh", action="store_true", help="throw away what is in the data folder and begin anew")
    parser.add_argument("--platform", metavar="URL", help="address of the platform")
    parser.add_argument("--key", help="the distributor's key, ek_live_… or ek_test_…")
    parser.add_argument("--secret", help="the distributor's secret, whsec_…")
    parser.add_argument("--url", help="address under which buyers and the platform reach this mall")
    parser.add_argument("--demo", action="store_true", help="list the goods and open a test cashier, for a trial")
    given = parser.parse_args(arguments)
    connection = {
        variable: getattr(given, name) or os.environ.get(variable, "") for name, variable in CONNECTION.items()
    }
    return Wishes(
        instance=options.Options(
            port=given.port,
            host=given.host,
            data=given.data,
            is_fresh=given.fresh,
            has_demo=given.demo,
            allows_private_callbacks=False,
        ),
        connection={name: value for name, value in connection.items() if value},
    )


def mall_plan(wishes: Wishes, folder: DataFolder) -> plan.Plan:
    """The plan of a mall; its preparation runs again when its code or its connection has changed."""
    host, port = wishes.instance.host, wishes.instance.port
    known = folder.read_settings()
    connection = {name: known[name] for name in CONNECTION.values() if name in known} | wishes.connection
    connection.setdefault("ENTREPOT_MALL_URL", up.address_of(host, port=port))
    granian = [sys.executable, "-m", "granian", "--workers", "1", "--no-access-log", "--no-ws", "--interface", "wsgi"]
    granian += ["--workers-kill-timeout", str(plan.WORKER_KILL_TIMEOUT_S), "--blocking-threads", str(PAGE_THREADS)]
    granian += ["--host", host, "--port", str(port)]
    command_line = [sys.executable, "-m", "entrepot_mall.doors.cli"]
    told = "\n".join(f"{name}={value}" for name, value in sorted(connection.items()))
    return plan.Plan(
        migrate=[*command_line, "prepare"],
        load_demo=[*command_line, "demo"],
        accounts=[*command_line, "accounts"],
        programs={
            "shop": [*granian, "entrepot_mall.config.wsgi:application"],
            "worker": [sys.executable, "-m", "entrepot_mall.doors.worker"],
        },
        health_paths=("/health",),
        fingerprint=plan.fingerprint("entrepot_mall") + hashlib.sha256(told.encode()).hexdigest(),
        introduction=(("/", "the shop"), ("/office/", "back office"), ("/api/shop/v1/openapi.json", "front API")),
        settings={**connection, "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE},
        always_lists_accounts=True,
    )


def main(arguments: list[str]) -> int:
    """Runs a mall until it is stopped, or opens a shop in it; returns the exit code."""
    if arguments[:1] == ["open-shop"]:
        return _open_shop(arguments)
    wishes = parse(arguments)
    return up.launch(wishes.instance, make_plan=lambda _, folder: mall_plan(wishes, folder))


def _open_shop(arguments: list[str]) -> int:
    try:
        data, rest = command.split_data(arguments, default=DEFAULT)
        return command.run([sys.executable, "-m", "entrepot_mall.doors.cli", *rest], folder=DataFolder(data))
    except LaunchError as fault:
        print(f"mall: {fault}", file=sys.stderr)
        return fault.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
