"""`python -m entrepot.doors.cli VERB`: what the operator and the launcher ask of an instance."""

import argparse
import importlib
import os
import sys

import django

VERBS: dict[str, tuple[str, str]] = {
    "migrate": ("instance", "bring the tables up to date, as their owner"),
    "check-start": ("instance", "say whether this role may serve"),
    "accounts": ("instance", "print the demo world's accounts"),
    "keys": ("instance", "print the demo world's keys"),
    "create-staff": ("staff", "add a user of the platform who may do everything"),
    "verify": ("books", "recompute every figure from the rows behind it"),
    "restored": ("instance", "say that the database was restored: cursors of malls end, and they begin anew"),
    "seal": ("books", "seal the ledger up to now"),
    "journal": ("books", "print the ledger for hledger or beancount"),
    "demo-world": ("demo.world", "fill an empty instance with a network to try"),
    "bench-world": ("bench_world", "add goods and distributors for a measurement"),
    "fill": ("fill.world", "fill an empty or demo world with goods and a year of orders, to measure it large"),
    "desk": ("desk_lines", "answer back-office verbs, one JSON object a line, in demo worlds"),
}
"""Each verb with the module that does it and what it is for."""


def main(arguments: list[str]) -> int:
    """Do one verb; returns the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.verb in ("migrate", "fill"):
        os.environ["ENTREPOT_AS_OWNER"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
    django.setup()
    module = importlib.import_module(f"entrepot.doors.cli.{VERBS[chosen.verb][0]}")
    name = chosen.verb.replace("-", "_")
    code: int = getattr(module, name)(chosen)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="entrepot", description="What the operator asks of an instance.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    made = {name: verbs.add_parser(name, help=text, description=text) for name, (_module, text) in VERBS.items()}
    for name in ("keys", "verify", "bench-world"):
        made[name].add_argument("--json", action="store_true", help="as JSON")
    made["journal"].add_argument("--beancount", action="store_true", help="for beancount instead of hledger")
    made["restored"].add_argument("--reason", default="", help="kept in the operation log")
    made["create-staff"].add_argument("username", help="3 to 40 letters, digits, dots, hyphens or underscores")
    made["create-staff"].add_argument("--name", default="", help="how the user is shown")
    made["demo-world"].add_argument("--seed", type=int, default=20, help="another seed gives other orders")
    made["fill"].add_argument("--skus", type=int, default=1_000, help="how many goods with one SKU each")
    made["fill"].add_argument("--orders", type=int, default=10_000, help="how many orders, spread over a year")
    made["fill"].add_argument(
        "--distributors", type=int, help="how many malls place them; one for 2,000 orders unless told"
    )
    made["fill"].add_argument(
        "--suppliers", type=int, help="how many suppliers the goods come from; one for 5,000 goods unless told"
    )
    made["fill"].add_argument("--yes", action="store_true", help="fill a world in which orders are traded, too")
    made["bench-world"].add_argument("--skus", type=int, default=100)
    made["bench-world"].add_argument("--distributors", type=int, default=10)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
