"""Batch upload of goods: a sheet and a zip of pictures, read, judged and written down in bulk."""
