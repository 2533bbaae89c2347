"""The launcher: starts the database, the two web fronts and the worker on one machine, and knows nothing of the trade."""
