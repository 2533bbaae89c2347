"""Our mall: rules, adapters, and the whole of it against a running platform."""
