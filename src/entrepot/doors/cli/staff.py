"""The first user of a world without a demo, which begins with him."""

import argparse
import getpass
import sys

from entrepot.base.actors import SYSTEM
from entrepot.base.mistakes import Mistake
from entrepot.parties import rules
from entrepot.parties.actions import create_user, ensure_platform_supplier
from entrepot.parties.models import Role


def create_staff(arguments: argparse.Namespace) -> int:
    """Add a platform user who may do everything; the password is asked for, or read from a pipe, and judged."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            print("the two are not the same", file=sys.stderr)
            return 1
    else:
        password = sys.stdin.readline().rstrip("\n")
    ensure_platform_supplier()
    role = Role.objects.get(kind="platform", name=rules.HEAD_ROLE["platform"])
    try:
        create_user(
            "platform",
            username=arguments.username,
            display_name=arguments.name,
            role_ids=[role.pk],
            password=password,
            actor=SYSTEM,
        )
    except Mistake as mistake:
        print(mistake.reason, file=sys.stderr)
        return 1
    print(f"{arguments.username} may sign in at /platform/ and sets up a second factor there")
    return 0
