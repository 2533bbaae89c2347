"""bin/up: the whole start, step by step, then the watch over it until it is stopped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from entrepot_launch import database, options, plan, processes
from entrepot_launch.faults import EXIT_DATABASE, EXIT_NOT_READY, EXIT_PORT_TAKEN, LaunchError
from entrepot_launch.folder import ROOT, DataFolder, fresh_secrets
from entrepot_launch.links import short_name
from entrepot_launch.postgres import Server, tail
from entrepot_launch.roles import Access
from entrepot_launch.supervisor import Program, Signals, StopAskedError, Supervisor

READY_TIMEOUT_S = 60
LEFTOVER_GRACE_S = 5

PlanMaker = Callable[[options.Options, DataFolder], plan.Plan]


def say(text: str) -> None:
    """One line of progress, at once even into a pipe."""
    show(text + "\n")


def show(text: str) -> None:
    """The same for a part of a line. A reader who has gone away (`bin/up | head -1`) does not end the instance."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: list[str]) -> int:
    """Runs an instance until it is stopped; returns the exit code."""
    return launch(options.parse(arguments), make_plan=_product_plan)


def launch(wishes: options.Options, *, make_plan: PlanMaker) -> int:
    """The same for any plan."""
    folder = DataFolder(wishes.data)
    with Signals() as signals:
        try:
            folder.claim()
            with Instance(folder, wishes=wishes, signals=signals) as instance:
                instance.start(make_plan(wishes, folder))
                instance.watch()
        except StopAskedError:
            say("stopped before it was ready")
        except LaunchError as fault:
            print(f"up: {fault}", file=sys.stderr, flush=True)
            return fault.exit_code
        except psycopg.Error as fault:
            print(f"up: PostgreSQL refused: {fault}", file=sys.stderr, flush=True)
            return EXIT_DATABASE
        finally:
            folder.release()
    return 0


class Instance:
    """One running network: its database, its programs, and their common end."""

    def __init__(self, folder: DataFolder, *, wishes: options.Options, signals: Signals) -> None:
        self.folder = folder
        self.wishes = wishes
        self.settings: dict[str, str] = {}
        self.server: Server | None = None
        self.supervisor: Supervisor | None = None
        self._signals = signals

    def __enter__(self) -> "Instance":
        return self

    def __exit__(self, *_: object) -> None:
        """Programs first, the database last, whatever brought us here."""
        began = time.monotonic()
        if self.supervisor is not None:
            say("stopping")
            self.supervisor.stop()
        if self.server is not None:
            code = self.server.stop()
            if code not in (0, None):
                say(f"PostgreSQL did not stop cleanly ({code}); it will recover at the next start")
        if self.supervisor is not None:
            say(f"stopped after {time.monotonic() - began:.1f} s")

    def start(self, commands: plan.Plan) -> None:
        """Everything up to the line `ready`."""
        began = time.monotonic()
        self._clear_leftovers()
        _refuse_taken_port(self.wishes.host, port=self.wishes.port)
        self.settings = self.folder.read_settings()
        if self.wishes.is_fresh:
            self._begin_anew()
        with step("database"):
            access = self._start_database()
        self._complete_settings(access.environment(), of_plan=commands.settings)
        self._fill(access, commands=commands)
        self._start_programs(commands)
        with self._accounts(commands) as accounts:  # read while the programs are on their way up
            with step("waiting for answers"):
                self._wait_ready(commands)
            self._introduce(accounts, introduction=commands.introduction, took_s=time.monotonic() - began)

    def watch(self) -> None:
        """Keeps all of it running until a stop is asked for."""
        assert self.supervisor is not None
        self.supervisor.run(each_minute=self._keep_links)

    def _begin_anew(self) -> None:
        if self.settings.get("ENTREPOT_POSTGRES") == database.SYSTEM and "DATABASE_URL" not in os.environ:
            raise LaunchError("this folder's data is on another server: --fresh needs its DATABASE_URL again")
        with step("removing what was there"):
            self.folder.empty()
        self.settings = {}

    def _clear_leftovers(self) -> None:
        def find() -> list[int]:
            return processes.marked(plan.INSTANCE_VARIABLE, value=str(self.folder.path))

        if ended := processes.end_all(find, first=signal.SIGTERM, grace_s=LEFTOVER_GRACE_S):
            say(f"ended {ended} processes of an instance that was killed")
        Server(self.folder.path).clear_leftovers()

    def _start_database(self) -> Access:
        choice = database.chosen(os.environ, settings=self.settings)
        if choice is not None:
            self.settings["ENTREPOT_POSTGRES"] = database.SYSTEM
            return database.prepare_system(choice, settings=self.settings, fresh=self.wishes.is_fresh)
        self.settings["ENTREPOT_POSTGRES"] = database.EMBEDDED
        self.server = database.server_of(self.folder)
        self.server.initialise()
        self.server.start()
        self.server.wait_ready(timeout_s=600, pause=self._signals.pause)
        return database.prepare_embedded(self.server, settings=self.settings)

    def _complete_settings(self, addresses: dict[str, str], *, of_plan: Mapping[str, str]) -> None:
        self.settings = {
            **fresh_secrets(),
            "ENTREPOT_DEMO": "1" if self.wishes.has_demo else "0",
            **self.settings,
            **addresses,
            "ENTREPOT_DATA": str(self.folder.path),
            "ENTREPOT_HOST": self.wishes.host,
            "ENTREPOT_PORT": str(self.wishes.port),
            "ENTREPOT_PAGES_SOCKET": str(pages_socket(self.folder)),
            "ENTREPOT_ALLOW_PRIVATE_CALLBACKS": "1" if self.wishes.allows_private_callbacks else "0",
            **of_plan,
        }
        self.folder.write_settings(self.settings)

    def _fill(self, access: Access, *, commands: plan.Plan) -> None:
        """Tables and demo world, each only if the database does not know it has them already."""
        done = database.Progress.read(access)
        if done.migrated_to != commands.fingerprint:
            self._run("migrate", command=commands.migrate, environment={"ENTREPOT_AS_OWNER": "1"})
            done = replace(done, migrated_to=commands.fingerprint)
            done.write(access)
        if self.settings["ENTREPOT_DEMO"] == "1" and self.wishes.has_demo and not done.has_demo:
            self._run("demo world", command=commands.load_demo)
            replace(done, has_demo=True).write(access)

    def _run(self, name: str, *, command: list[str], environment: dict[str, str] | None = None) -> None:
        """One step by a program of its own; what it says goes to its log, and to the terminal if it fails."""
        log = self.folder.log(name.replace(" ", "-"))
        surroundings = plan.step_environment(database.environment_without_choice(), settings=self.settings)
        marks = {plan.INSTANCE_VARIABLE: str(self.folder.path), "ENTREPOT_PROCESS": name}
        with step(name):
            program = Program(
                name=name, command=command, environment=surroundings | marks | (environment or {}), log=log, folder=ROOT
            )
            program.start()
            try:
                while program.is_running():
                    self._signals.pause(2)
                    show("." if program.is_running() else "")
            finally:
                program.end_group(signal_number=signal.SIGKILL)
            assert program.process is not None
            if code := program.process.wait():
                raise LaunchError(f"{name} failed with code {code}:\n{tail(log, lines=30)}")

    def _start_programs(self, commands: plan.Plan) -> None:
        self.supervisor = Supervisor(signals=self._signals, say=say, server=self.server)
        base = database.environment_without_choice()
        socket_file = pages_socket(self.folder)
        self.supervisor.start(
            [
                Program(
                    name=name,
                    command=command,
                    environment=plan.serving_environment(
                        base, settings=self.settings, name=name, instance=str(self.folder.path)
                    ),
                    log=self.folder.log(name),
                    folder=ROOT,
                    # A killed server leaves its socket behind, and a new one would not bind over it.
                    before_start=(lambda: socket_file.unlink(missing_ok=True)) if name == "pages" else (lambda: None),
                )
                for name, command in commands.programs.items()
            ]
        )

    def _wait_ready(self, commands: plan.Plan) -> None:
        assert self.supervisor is not None
        deadline = time.monotonic() + READY_TIMEOUT_S
        left = list(commands.health_paths)
        while left:
            self.supervisor.tend()
            failing = [program for program in self.supervisor.programs if program.starts > 2]
            if failing or time.monotonic() > deadline:
                shown = failing or self.supervisor.programs
                logs = "\n".join(f"--- {program.log}\n{tail(program.log)}" for program in shown)
                raise LaunchError(f"{left[0]} does not answer\n{logs}", exit_code=EXIT_NOT_READY)
            if answers(self.wishes.host, port=self.wishes.port, path=left[0]):
                left.pop(0)
            else:
                self._signals.pause(0.05)

    @contextmanager
    def _accounts(self, commands: plan.Plan) -> Iterator[subprocess.Popen[str] | None]:
        if self.settings["ENTREPOT_DEMO"] != "1" and not commands.always_lists_accounts:
            yield None
            return
        environment = plan.step_environment(database.environment_without_choice(), settings=self.settings)
        with subprocess.Popen(
            commands.accounts,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - the launcher has one thread
        ) as listing:
            try:
                yield listing
            finally:
                listing.kill()

    def _introduce(
        self,
        accounts: subprocess.Popen[str] | None,
        *,
        introduction: tuple[tuple[str, str], ...],
        took_s: float,
    ) -> None:
        address = address_of(self.wishes.host, port=self.wishes.port)
        for path, purpose in introduction:
            say(f"  {address + path:<36} {purpose}")
        if accounts is not None:
            shown, fault = accounts.communicate()
            if accounts.returncode:
                raise LaunchError(f"the accounts cannot be listed:\n{fault.strip()}")
            say(shown.rstrip())
        say(f"data in {self.folder.path}, logs in {self.folder.path}/logs; started in {took_s:.1f} s")
        say(f"ready {address}")

    def _keep_links(self) -> None:
        """Temporary folders are swept by many systems, and our short links would go with them."""
        short_name(self.folder.path / "run")
        short_name(self.folder.path / "postgres")


@contextmanager
def step(name: str) -> Iterator[None]:
    """Shows that something began, and how long it took."""
    show(f"{name} …")
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say(" not done")
        raise
    say(f" {time.monotonic() - began:.1f} s")


def pages_socket(folder: DataFolder) -> Path:
    """Where the pages listen for the public front."""
    return folder.socket_folder() / "pages.sock"


def address_of(host: str, *, port: int) -> str:
    """The address a person types; one that means every interface is shown as this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def answers(host: str, *, port: int, path: str) -> bool:
    """Whether a GET is answered with success, or with a redirection to somewhere."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    known_as = os.environ.get("ENTREPOT_HOSTS", "localhost").split(",")[0]
    connection = http.client.HTTPConnection(target, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": known_as})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return 200 <= status < 400


def _refuse_taken_port(host: str, *, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as refusal:
        raise LaunchError(
            f"cannot listen on {host} port {port} ({refusal.strerror}); give another --port", exit_code=EXIT_PORT_TAKEN
        ) from None


def _product_plan(wishes: options.Options, folder: DataFolder) -> plan.Plan:
    return plan.product_plan(host=wishes.host, port=wishes.port, pages_socket=pages_socket(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
