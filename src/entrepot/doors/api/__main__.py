"""`python -m entrepot.doors.api`: print the contract as it is committed in docs/reference/openapi.json."""

import json
import os
import sys

import django


def main() -> int:
    """Print the OpenAPI document; returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
    django.setup()
    from entrepot.doors.api.app import contract

    sys.stdout.write(json.dumps(contract(), ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
