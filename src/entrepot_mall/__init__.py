"""A mall: an ordinary distributor on the open API, with a database, buyers and takings of its own."""
