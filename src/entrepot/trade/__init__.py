"""The desk: the only writer of stock, ledger and orders."""
