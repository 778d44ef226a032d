"""The rules for tests turn red when they are broken: each is broken here, in a run of its own."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest

from runtime.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]

OFF_THIS_MACHINE = """
    import contextlib, socket

    def test_connect():
        with socket.socket() as client:
            client.connect(("192.0.2.1", 80))

    def test_look_up():
        socket.getaddrinfo("shop.example", 80)

    def test_bind():
        with socket.socket() as server:
            server.bind(("", 0))

    def test_an_answer_made_of_the_refusal_does_not_hide_it():
        with socket.socket(type=socket.SOCK_DGRAM) as sender, contextlib.suppress(RuntimeError):
            sender.sendto(b"x", ("192.0.2.1", 53))
"""

ON_THIS_MACHINE = """
    import socket

    def test_loopback():
        with socket.create_server(("127.0.0.1", 0)) as server:
            with socket.create_connection(("localhost", server.getsockname()[1]), 5):
                pass

    def test_pair():
        left, right = socket.socketpair()
        with left, right:
            left.sendall(b"x")
            assert right.recv(1) == b"x"
"""

EXCUSED = """
    import pytest

    @pytest.mark.skip(reason="later")
    def test_marked():
        assert True

    def test_called():
        pytest.skip("later")

    @pytest.mark.xfail(reason="later")
    def test_expected_to_fail():
        assert False

    @pytest.mark.xfail(reason="later")
    def test_expected_to_fail_but_passing():
        assert True
"""

EXCUSED_FILE = """
    import pytest

    pytest.skip("later", allow_module_level=True)
"""

# An exit hook that would change the status stands for the client library's late abort.
LEAVING = """
    import atexit, os, warnings

    atexit.register(os._exit, 99)

    def test_green():
        print("kept")
"""

SETTINGS = """
    import os

    def test_settings():
        assert not [name for name in os.environ if name.startswith(("ORDERSAGA_", "TEMPORAL_"))]
        os.environ["TEMPORAL_NAMESPACE"] = "left behind"

    def test_what_another_one_set():
        assert "TEMPORAL_NAMESPACE" not in os.environ
"""

FILES = """
    def test_files(tmp_path):
        (tmp_path / "note").touch()
"""

WARNING = """
    import warnings

    def test_red():
        warnings.warn("old", DeprecationWarning)
"""


@pytest.fixture
def house(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of one test file under the same conftest and settings as the real one."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("conftest.py", "pyproject.toml"):
        pytester.path.joinpath(name).write_text((ROOT / name).read_text())
    return pytester


def run(house: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    file = house.makepyfile(test_one=body)
    return house.runpytest_subprocess("-p", "no:schemathesis", *options, file)


def test_an_address_off_this_machine_fails_the_test(house: pytest.Pytester) -> None:
    result = run(house, OFF_THIS_MACHINE)
    # The last one passes by itself, and is failed by what it left behind.
    result.assert_outcomes(failed=3, passed=1, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "left this machine: connect to '192.0.2.1'",
            "left this machine: getaddrinfo to 'shop.example'",
            "left this machine: bind to ''",
            "left this machine: sendto to '192.0.2.1'",
        ]
    )


def test_loopback_and_local_sockets_are_open(house: pytest.Pytester) -> None:
    run(house, ON_THIS_MACHINE).assert_outcomes(passed=2)


def test_the_settings_of_this_machine_do_not_reach_a_test(
    house: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERSAGA_DATABASE_URL", "postgresql://shop.example/live")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    run(house, SETTINGS).assert_outcomes(passed=2)


def test_a_skipped_or_excused_test_is_a_failure(house: pytest.Pytester) -> None:
    result = run(house, EXCUSED)
    result.assert_outcomes(failed=3, errors=1)
    result.stdout.fnmatch_lines(["*no test is skipped or excused here (*later*"])


def test_a_skipped_file_is_a_failure(house: pytest.Pytester) -> None:
    result = run(house, EXCUSED_FILE)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*no file is skipped here (*later*"])


def test_a_run_leaves_with_its_status_after_its_closing_line(house: pytest.Pytester) -> None:
    result = run(house, LEAVING)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*= rungs =*", "test_one.py * 1 tests*0 failed*", "*1 passed*"])


def test_a_warning_is_an_error_and_a_red_run_says_so_by_its_status(house: pytest.Pytester) -> None:
    result = run(house, LEAVING + WARNING)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1, passed=1)


def test_in_processes_side_by_side_the_rules_hold_too(house: pytest.Pytester) -> None:
    result = run(house, EXCUSED, "-n", "2", "--dist", "worksteal")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*no test is skipped or excused here (*later*"])
    result.assert_outcomes(failed=3, errors=1)


def test_a_database_lives_on_while_other_tests_of_this_user_start(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "test_one.py").write_text(dedent(FILES))
    with EmbeddedPostgres.start(tmp_path / "postgres", durable=False) as server:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:schemathesis",
            f"--rootdir={other}",
        ]
        ran = subprocess.run(
            [*command, other], cwd=other, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        address = server.url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CHECKPOINT")


@pytest.mark.parametrize("side_by_side", [(), ("-n", "1")])
def test_a_green_run_takes_its_files_with_it_and_a_red_one_says_where_they_are(
    house: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    side_by_side: tuple[str, ...],
) -> None:
    def left(body: str) -> tuple[list[str], pytest.RunResult]:
        # Without pytester's own place, so that the rule decides.
        file = house.makepyfile(test_one=body)
        ran = house.run(
            sys.executable, "-m", "pytest", "-p", "no:schemathesis", *side_by_side, file
        )
        return sorted(str(each) for each in tmp_path.glob("ordersaga-tests-*")), ran

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    files, ran = left(FILES)
    assert (files, ran.ret) == ([], pytest.ExitCode.OK)
    [kept], ran = left(FILES + "        assert False\n")
    ran.stdout.fnmatch_lines([f"files of this run: {kept}"])
    assert list(Path(kept).rglob("note"))
