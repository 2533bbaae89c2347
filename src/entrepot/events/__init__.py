"""The outbox of facts and the operation log, written in the transaction of the fact."""
