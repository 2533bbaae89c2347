"""Which database an instance uses: the server of its own data folder, or the one named by DATABASE_URL."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from entrepot_launch import roles
from entrepot_launch.faults import EXIT_DATABASE, LaunchError
from entrepot_launch.folder import DataFolder
from entrepot_launch.postgres import Server

EMBEDDED = "embedded"
SYSTEM = "system"


@dataclass(frozen=True)
class Choice:
    """Addresses given from outside; without an owner's address the other one is an administrator's."""

    url: str
    owner_url: str | None


def chosen(environment: Mapping[str, str], *, settings: Mapping[str, str]) -> Choice | None:
    """The system server asked for now or at the last start of this folder; None means our own server."""
    if given := environment.get("DATABASE_URL"):
        return Choice(url=given, owner_url=environment.get("DATABASE_OWNER_URL") or None)
    if settings.get("ENTREPOT_POSTGRES") == SYSTEM:
        return Choice(url=settings["DATABASE_URL"], owner_url=settings["DATABASE_OWNER_URL"])
    return None


def prepare_embedded(server: Server, *, settings: Mapping[str, str]) -> roles.Access:
    """Roles and database on our own server, with the passwords of the settings file or new ones."""
    known = _known_passwords(settings)
    return roles.prepare(server.admin_url(), passwords=known or roles.Passwords.random())


def prepare_system(choice: Choice, *, settings: Mapping[str, str], fresh: bool) -> roles.Access:
    """The same on a server of somebody else's."""
    if choice.owner_url is not None:
        roles.adopt_database(choice.owner_url, app=roles.user_of(choice.url), fresh=fresh)
        return roles.Access(admin_url="", owner_url=choice.owner_url, app_url=choice.url)
    database = roles.database_of(choice.url)
    if database in ("", "postgres", "template1"):
        database = roles.DATABASE
    known = _known_passwords(settings)
    if known is None and not fresh and roles.role_exists(choice.url, name=roles.APP):
        raise LaunchError(
            f"the server has a role {roles.APP} already and this data folder does not know its password; give the "
            f"addresses of both roles as DATABASE_URL and DATABASE_OWNER_URL, or take --fresh to start over",
            exit_code=EXIT_DATABASE,
        )
    if fresh:
        roles.drop_own_database(choice.url, name=database)
    return roles.prepare(choice.url, passwords=known or roles.Passwords.random(), database=database)


@dataclass(frozen=True)
class Progress:
    """What has been done to a database. It is kept in the database itself, so it cannot outlive or precede it."""

    migrated_to: str = ""
    has_demo: bool = False

    @classmethod
    def read(cls, access: roles.Access) -> Self:
        """What is known; nothing if the database says nothing."""
        said = json.loads(roles.remark(access.owner_url) or "{}")
        return cls(migrated_to=said.get("migrated_to", ""), has_demo=said.get("has_demo", False))

    def write(self, access: roles.Access) -> None:
        """Replaces what is known."""
        roles.set_remark(access.owner_url, text=json.dumps(asdict(self)))


def environment_without_choice() -> dict[str, str]:
    """Our environment without database addresses: the settings file of the instance speaks for itself."""
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATABASE_OWNER_URL")}


def server_of(folder: DataFolder) -> Server:
    """The server inside a data folder."""
    folder.log("postgres")
    return Server(folder.path)


def _known_passwords(settings: Mapping[str, str]) -> roles.Passwords | None:
    try:
        return roles.Passwords(
            owner=roles.password_of(settings["DATABASE_OWNER_URL"]), app=roles.password_of(settings["DATABASE_URL"])
        )
    except KeyError:
        return None
