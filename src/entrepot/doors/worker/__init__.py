"""The loop that lets time pass: expiry, release, receipt, completion, seals."""
