"""A process of its own that places the orders it is told on standard input, and says what was answered."""

import json
import random
import sys
import time

import django


def main() -> None:
    """Say `ready`, read one line with the errand, place each order once, print codes and order ids."""
    django.setup()
    from entrepot.base.clock import database_now
    from entrepot.trade import desk, terms
    from tests.world import CONSIGNEE, codes

    database_now()
    print("ready", flush=True)
    errand = json.loads(sys.stdin.readline())
    chance = random.Random(errand["seed"])
    decide = desk.decide

    def slowly(asks, *, books):  # type: ignore[no-untyped-def]
        time.sleep(chance.random() * 0.004)
        return decide(asks, books=books)

    desk.decide = slowly  # type: ignore[assignment]
    results = []
    for number, code in errand["orders"]:
        line = [terms.AskLine(code, 1)]
        ask = terms.Place(errand["distributor_id"], number, "direct", line, CONSIGNEE, b"content", "system")
        (answer,) = desk.run([ask])
        results.append((codes([answer])[0], answer.order.id if answer.order else None))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
