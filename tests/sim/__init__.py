"""An independent auditor and a seeded generator that drive the real service over HTTP."""
