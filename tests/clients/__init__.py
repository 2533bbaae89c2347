"""Other people's clients: libraries, generators and languages that are not ours speak to the open API."""
