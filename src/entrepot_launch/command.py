"""bin/entrepot: a command on an instance, with the settings of its data folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from entrepot_launch import database, plan, postgres, processes
from entrepot_launch.faults import LaunchError
from entrepot_launch.folder import DEFAULT, ROOT, DataFolder


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code."""
    try:
        data, rest = split_data(arguments)
        tuning = postgres.BULK if rest[:1] == ["fill"] else {}
        return run([sys.executable, "-m", "entrepot.doors.cli", *rest], folder=DataFolder(data), tuning=tuning)
    except LaunchError as fault:
        print(f"entrepot: {fault}", file=sys.stderr)
        return fault.exit_code


def split_data(arguments: list[str], *, default: Path = DEFAULT) -> tuple[Path, list[str]]:
    """Takes `--data DIR` out of the arguments, wherever it stands; without it the default folder."""
    data, rest, position = default, [], 0
    while position < len(arguments):
        word = arguments[position]
        if word == "--data":
            if position + 1 == len(arguments):
                raise LaunchError("--data needs a folder", exit_code=2)
            data = Path(arguments[position + 1])
            position += 1
        elif word.startswith("--data="):
            data = Path(word.removeprefix("--data="))
        else:
            rest.append(word)
        position += 1
    return data, rest


def run(command: list[str], *, folder: DataFolder, tuning: Mapping[str, str] | None = None) -> int:
    """Runs a command beside the running instance, or with the database started for its length alone.

    `tuning` are further settings of a database that is started for it.
    """
    if not folder.settings_file.exists():
        raise LaunchError(f"{folder.path} holds no instance; start one with bin/up --data {folder.path}")
    settings = folder.read_settings()
    is_own = settings.get("ENTREPOT_POSTGRES") == database.EMBEDDED
    if not is_own or folder.is_held():
        environment = plan.step_environment(database.environment_without_choice(), settings=settings)
        return _run(command, environment=environment)
    folder.claim()
    server = database.server_of(folder)
    server.settings.update(tuning or {})
    try:
        server.start()
        server.wait_ready()
        addresses = database.prepare_embedded(server, settings=settings).environment()
        environment = plan.step_environment(os.environ, settings={**settings, **addresses})
        return _run(command, environment=environment)
    finally:
        server.stop()
        folder.release()


def _run(command: list[str], *, environment: dict[str, str]) -> int:
    tie = processes.die_with_parent(signal.SIGTERM)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, preexec_fn=tie).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
