"""One command starts everything, and the end of anything is survived."""

import os
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from entrepot_launch import command, postgres, processes, roles
from entrepot_launch.folder import DataFolder
from tests.house.instances import STANDIN, Instance, gone, processes_of
from tests.ports import free_port


@pytest.fixture
def data() -> Iterator[Path]:
    # Not pytest's own folder: that one is open to nobody but us in ways this test wants to choose itself.
    with tempfile.TemporaryDirectory(prefix="entrepot-house-") as folder:
        yield Path(folder) / "data"


def test_starts_answers_and_stops_with_the_database_last_and_clean(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready()
        assert instance.lines[-1] == f"ready http://127.0.0.1:{instance.port}"
        assert "demo account: alice" in instance.lines
        assert instance.get("/") == "pages"
        assert instance.stop(signal.SIGINT) == 0
    assert processes_of(data) == []
    log = (data / "logs" / "postgres.log").read_text().splitlines()
    assert "database system is shut down" in log[-1]
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_a_second_start_carries_on(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready().visit("bob")
        assert instance.stop(signal.SIGTERM) == 0
    secrets = DataFolder(data).read_settings()
    with Instance(data) as instance:
        assert instance.ready().visits() == ["demo", "bob"]
        assert not instance.said("^(migrate|demo world)"), "the database knows that it has them"
    again = DataFolder(data).read_settings()
    assert {name for name in secrets if secrets[name] != again[name]} == {"ENTREPOT_PORT"}


def test_new_code_migrates_again_and_a_restored_database_too(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready()
    with Instance(data, environment={"STANDIN_VERSION": "2"}) as instance:
        assert instance.ready().said("^migrate")
        assert not instance.said("^demo world")
        with psycopg.connect(DataFolder(data).read_settings()["DATABASE_OWNER_URL"]) as owner:
            owner.execute("DROP TABLE visit")
            owner.execute("DROP SCHEMA launch CASCADE")
    with Instance(data, environment={"STANDIN_VERSION": "2"}) as instance:
        assert instance.ready().visits() == ["demo"]


def test_a_serving_program_cannot_become_owner_and_secrets_are_private(data: Path) -> None:
    with Instance(data) as instance:
        names = instance.ready().get("/environment").splitlines()
        assert "DATABASE_URL" in names
        assert "DATABASE_OWNER_URL" not in names
        app_url = DataFolder(data).read_settings()["DATABASE_URL"]
        with psycopg.connect(app_url, autocommit=True) as connection:
            rights = connection.execute(
                "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
                " pg_has_role('entrepot_owner', 'member') FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert rights == (roles.APP, False, False, False, False, False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("TRUNCATE visit")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TABLE mine ()")
        without_password = roles.url(
            user=postgres.ADMIN, password="guess", host=str(data / "postgres"), port=5432, database="postgres"
        )
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(without_password)
    for name in ("entrepot.env", "postgres.secret"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "postgres").stat().st_mode) == 0o700


def test_the_database_listens_on_no_network(data: Path) -> None:
    with Instance(data) as instance:
        owned = set(processes_of(instance.ready().data))
        server = [pid for pid in owned if Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"]
        assert server
        sockets = {
            str(Path(f"/proc/{pid}/fd/{fd}").readlink()) for pid in server for fd in os.listdir(f"/proc/{pid}/fd")
        }
        network = [line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        network += [line.split()[9] for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
        assert not {f"socket:[{inode}]" for inode in network} & sockets


def test_a_killed_database_comes_back_with_all_that_was_acknowledged(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready()
        front = instance.program("api")
        for number in range(3):
            instance.visit(f"before-{number}")
            killed = instance.postmaster()
            os.kill(killed, signal.SIGKILL)
            instance.until(lambda: instance.lines.count("PostgreSQL is back") == number + 1)  # noqa: B023
            assert f"before-{number}" in instance.visits()
            assert instance.postmaster() != killed
        assert instance.program("api") == front, "the others only reconnect"


def test_a_killed_program_comes_back_and_its_group_is_ended(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready()
        for name in ("api", "pages", "worker"):
            group = os.getpgid(instance.program(name))
            members = [pid for pid in processes_of(data) if os.getpgid(pid) == group]
            assert len(members) == (2 if name == "api" else 1)
            os.kill(group, signal.SIGKILL)
            instance.until(lambda: instance.said(f"{name} ended .SIGKILL."))  # noqa: B023
            instance.until(lambda: instance.answers() and instance.answers("/"))
            assert not set(members) & set(processes_of(data))
            instance.until(lambda: instance.program(name) > 0)  # noqa: B023


def test_a_killed_launcher_takes_all_with_it_and_the_next_start_carries_on(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready().visit("bob")
        instance.process.kill()
        instance.ended()
    assert gone(data)
    with Instance(data) as instance:
        assert instance.ready().visits() == ["demo", "bob"]


def test_everything_killed_at_once_leaves_nothing_in_the_way(data: Path) -> None:
    port = free_port()
    with Instance(data, port=port) as instance:
        instance.ready().visit("bob")
        spared = [pid for pid in processes_of(data) if _is_helper(pid)]
        assert spared, "a helper below the front, whom nobody but the next start will end"
        for pid in [instance.process.pid, *(pid for pid in processes_of(data) if pid not in spared)]:
            processes.send(pid, signal_number=signal.SIGKILL)  # some end as soon as another has gone
        instance.ended()
    end = time.monotonic() + 120
    while set(processes_of(data)) - set(spared):  # the killed take their time to be gone
        assert time.monotonic() < end, processes_of(data)
        time.sleep(0.02)
    assert set(spared) <= set(processes_of(data))
    assert (data / "postgres" / "postmaster.pid").exists()
    with Instance(data, port=port) as instance:
        assert instance.ready().visits() == ["demo", "bob"]
        assert instance.said(f"ended {len(spared)} processes of an instance that was killed")
        assert not set(spared) & set(processes_of(data))


def test_a_stale_mark_with_the_number_of_a_stranger_does_not_block(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready().visit("bob")
        mark = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    mark[0] = str(os.getpid())  # alive, and no server of ours
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data / "postgres" / name).write_text("\n".join(mark) + "\n")
    with Instance(data) as instance:
        assert instance.ready().visits() == ["demo", "bob"]


def test_a_killed_first_start_begins_again(data: Path) -> None:
    with Instance(data) as instance:
        instance.until(lambda: (data / "postgres.new" / "postgresql.conf").exists())
        instance.process.kill()
        instance.ended()
    assert not (data / "postgres").exists()
    with Instance(data) as instance:
        assert instance.ready().visits() == ["demo"]


def test_a_folder_in_use_is_refused_and_the_first_goes_on(data: Path) -> None:
    with Instance(data) as first:
        first.ready()
        for words in ((), ("--fresh",)):
            with Instance(data, *words) as second:
                assert second.ended() == 3
                assert second.said(f"in use by a running instance .process {first.process.pid}.")
        assert first.visits() == ["demo"]


def test_a_taken_port_is_refused(data: Path) -> None:
    with Instance(data) as first:
        first.ready()
        with Instance(data.with_name("other"), port=first.port) as second:
            assert second.ended() == 4
            assert second.said("another --port")


def test_two_instances_side_by_side(data: Path) -> None:
    with Instance(data) as first, Instance(data.with_name("other")) as second:
        first.ready().visit("alice")
        second.ready().visit("bob")
        assert first.visits() == ["demo", "alice"]
        assert second.visits() == ["demo", "bob"]
        assert first.stop() == 0
        assert second.visits() == ["demo", "bob"]


def test_a_deep_folder_below_one_that_is_closed_to_others(data: Path) -> None:
    parent = data.with_name("closed")
    parent.mkdir(mode=0o700)
    deep = parent / ("a long name with blanks and 汉字 " * 2) / ("x" * 100) / "data"
    with Instance(deep) as instance:
        instance.ready().visit("bob")
        assert instance.stop() == 0
    with Instance(deep) as instance:
        assert instance.ready().visits() == ["demo", "bob"]
    assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    assert parent.stat().st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the database as himself")
def test_root_hands_the_database_to_a_user_of_its_own(data: Path) -> None:
    with Instance(data) as instance:
        server = Path(f"/proc/{instance.ready().postmaster()}")
        assert server.stat().st_uid not in (0, 65534)
        held = [line for line in (server / "status").read_text().splitlines() if line.startswith(("Cap", "Groups"))]
        assert [line for line in held if line.startswith("CapEff")] == ["CapEff:\t0000000000000000"]
        assert [line.split() for line in held if line.startswith("Groups")] == [["Groups:"]]


def test_fresh_begins_anew_and_leaves_what_is_not_ours(data: Path) -> None:
    with Instance(data) as instance:
        instance.ready().visit("bob")
    (data / "my notes.txt").write_text("keep me")
    with Instance(data, "--fresh") as instance:
        assert instance.ready().visits() == ["demo"]
    assert (data / "my notes.txt").read_text() == "keep me"


def test_an_empty_network_stays_without_demo(data: Path) -> None:
    with Instance(data, "--no-demo") as instance:
        assert instance.ready().visits() == []
        assert not instance.said("alice")
    with Instance(data) as instance:
        assert instance.ready().visits() == []
    assert DataFolder(data).read_settings()["ENTREPOT_DEMO"] == "0"


def test_a_step_that_fails_is_shown_and_ends_the_start(data: Path) -> None:
    with Instance(data, environment={"STANDIN_FAULT": "no table today"}) as instance:
        assert instance.ended() == 1
        assert instance.said("migrate failed")
        assert instance.said("planted: no table today")
        assert not instance.said("^ready")
    assert gone(data)


def test_a_system_server_is_used_when_its_address_is_given(data: Path) -> None:
    with postgres.temporary() as access:
        environment = {"DATABASE_URL": roles.with_database(access.admin_url, database="postgres")}
        with Instance(data, environment=environment) as instance:
            assert instance.ended() == 5, "the roles are there, and their passwords unknown"
            assert instance.said("does not know its password")
        with Instance(data, "--fresh", environment=environment) as instance:
            instance.ready().visit("bob")
            assert not (data / "postgres").exists()
        with Instance(data) as instance:
            assert instance.ready().visits() == ["demo", "bob"]
        settings = DataFolder(data).read_settings()
        both = {name: settings[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
        with Instance(data.with_name("other"), environment=both) as instance:
            assert instance.ready().visits() == ["demo", "bob"]
        with Instance(data.with_name("other"), "--fresh", environment=both) as instance:
            assert instance.ready().visits() == ["demo"]


def test_a_command_on_a_stopped_instance_has_its_database(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Instance(data) as instance:
        instance.ready()
        assert command.run([sys.executable, str(STANDIN), "demo"], folder=DataFolder(data)) == 0
    assert command.run([sys.executable, str(STANDIN), "accounts"], folder=DataFolder(data)) == 0
    assert "alice" in capfd.readouterr().out
    assert processes_of(data) == []
    assert command.main(["verify", "--data", str(data.with_name("nothing"))]) == 1
    assert "holds no instance" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "folder", "rest"),
    [
        (["keys", "--json", "--data", "x"], "x", ["keys", "--json"]),
        (["--data=x", "verify"], "x", ["verify"]),
    ],
)
def test_the_data_folder_may_stand_anywhere(words: list[str], folder: str, rest: list[str]) -> None:
    assert command.split_data(words) == (Path(folder), rest)


def test_a_temporary_server_goes_with_a_killed_owner() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with postgres.temporary() as access:
            os.write(writer, str(Path(psycopg.conninfo.conninfo_to_dict(access.admin_url)["host"])).encode())
            time.sleep(60)
        os._exit(0)
    cluster = Path(os.read(reader, 4096).decode())
    assert processes_of(cluster.parent)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert gone(cluster.parent)
    with postgres.temporary():
        assert not cluster.exists(), "the next one sweeps up"


def test_a_reader_who_goes_away_does_not_end_the_instance(data: Path) -> None:
    with Instance(data, is_heard=False) as instance:
        instance.until(lambda: instance.answers("/"))
        os.kill(instance.program("worker"), signal.SIGKILL)  # the launcher will have something to say
        instance.until(lambda: instance.program("worker") == 0)
        instance.until(lambda: instance.program("worker") > 0)
        assert instance.visits() == ["demo"]


def _is_helper(pid: int) -> bool:
    """Whether a process is a program's helper in its group: no leader of one, and none of the database's, which come and go."""
    try:
        return os.getpgid(pid) != pid and Path(f"/proc/{pid}/comm").read_text().strip() != "postgres"
    except (FileNotFoundError, ProcessLookupError):
        return False
