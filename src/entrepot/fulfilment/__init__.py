"""Fulfilment (履约): suppliers accept, put off or refuse the lines of an order within a deadline."""
