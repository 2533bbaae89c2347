"""Which programs an instance consists of, and what each may know."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from entrepot_launch.folder import ROOT

INSTANCE_VARIABLE = "ENTREPOT_INSTANCE"  # marks every process of an instance, so that leftovers can be found
SETTINGS_MODULE = "entrepot.config.settings"
PAGE_THREADS = 8
WORKER_KILL_TIMEOUT_S = 4


@dataclass(frozen=True)
class Plan:
    """Commands of one instance: the steps run before the programs, and again when the fingerprint has changed."""

    migrate: list[str]
    load_demo: list[str]
    accounts: list[str]
    programs: dict[str, list[str]]
    health_paths: tuple[str, ...]
    fingerprint: str
    introduction: tuple[tuple[str, str], ...] = ()  # addresses and what is there, shown at the end of the start
    settings: Mapping[str, str] = field(default_factory=dict)  # beyond those every instance has
    always_lists_accounts: bool = False  # not only in a demo world


def product_plan(*, host: str, port: int, pages_socket: Path) -> Plan:
    """The plan of Entrepot itself."""
    granian = [sys.executable, "-m", "granian", "--workers", "1", "--no-access-log", "--no-ws"]
    granian += ["--workers-kill-timeout", str(WORKER_KILL_TIMEOUT_S)]
    command_line = [sys.executable, "-m", "entrepot.doors.cli"]
    pages = [*granian, "--interface", "wsgi", "--blocking-threads", str(PAGE_THREADS), "--uds", str(pages_socket)]
    pages += ["--uds-permissions", "600"]
    api = [*granian, "--interface", "asgi", "--loop", "uvloop", "--host", host, "--port", str(port)]
    return Plan(
        migrate=[*command_line, "migrate"],
        load_demo=[*command_line, "demo-world"],
        accounts=[*command_line, "accounts"],
        programs={
            "pages": [*pages, "entrepot.config.wsgi:application"],
            "worker": [sys.executable, "-m", "entrepot.doors.worker"],
            "api": [*api, "entrepot.config.asgi:app"],
        },
        health_paths=("/api/v1/health", "/"),
        fingerprint=fingerprint("entrepot"),
        introduction=(
            ("/", "start here"),
            ("/platform/", "back office of the platform"),
            ("/supplier/", "back office of suppliers"),
            ("/distributor/", "back office of distributors"),
            ("/guide/", "how a mall is connected"),
            ("/api/docs", "the API malls use, explained"),
        ),
    )


def fingerprint(package: str) -> str:
    """Changes with anything that could change what the migration or the demo world does."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted((ROOT / "src" / package).rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def step_environment(base: Mapping[str, str], *, settings: Mapping[str, str]) -> dict[str, str]:
    """For migrations and commands: everything in the settings file."""
    return {
        **base,
        **settings,
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": settings.get("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE),
    }


def serving_environment(
    base: Mapping[str, str], *, settings: Mapping[str, str], name: str, instance: str
) -> dict[str, str]:
    """For a program that serves: it never learns how to become the owner of the tables."""
    environment = step_environment(base, settings=settings)
    environment.pop("DATABASE_OWNER_URL", None)
    return {**environment, INSTANCE_VARIABLE: instance, "ENTREPOT_PROCESS": name}
