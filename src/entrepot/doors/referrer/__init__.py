"""The referrer's back office."""
