"""The books: verify, seal, journal."""

import argparse
import json
import sys

from entrepot.ledger import journal as journals
from entrepot.ledger import seals
from entrepot.reports.verify import verify as find_differences


def verify(arguments: argparse.Namespace) -> int:
    """Print what was checked and what does not agree; exit code 1 when anything does not."""
    result = find_differences()
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        for row in result["differences"]:
            print(f"{row['table']} {row['id']} {row['field']}: {row['found']}, should be {row['expected']}")
        print(f"{result['checked']} rows checked, {len(result['differences'])} differences")
    return int(bool(result["differences"]))


def seal(_arguments: argparse.Namespace) -> int:
    """Seal what is new and print the head of the chain; kept elsewhere, it proves the whole ledger up to here."""
    made = seals.seal_now()
    print("nothing new to seal" if made is None else f"{made.day} seal {made.id}: {made.rows} rows, {made.hash.hex()}")
    return 0


def journal(arguments: argparse.Namespace) -> int:
    """Print the whole ledger."""
    for text in journals.beancount() if arguments.beancount else journals.export():
        sys.stdout.write(text)
    return 0
