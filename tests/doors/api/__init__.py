"""The open API over real HTTP: contract, signatures, idempotency, walls, hostile input."""
