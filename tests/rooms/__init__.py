"""The rooms' writes and reads, on a real database."""
