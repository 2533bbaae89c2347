"""Tests of the client that malls install."""
