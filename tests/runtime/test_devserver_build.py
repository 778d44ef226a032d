"""Where the embedded server comes from, with executables that stand in for Go and the CLI."""

import os
import threading
from pathlib import Path

import pytest

from runtime import devserver_build
from runtime.devserver_build import (
    ServerUnavailableError,
    build,
    cache_directory,
    cached_build,
    find_or_build,
    on_path,
    server_version,
)

GO = """#!/bin/sh
echo "$1" >> "{calls}"
case "$1" in
list) echo first; echo second;;
build) while [ "$1" != -o ]; do shift; done
       sleep 0.2; printf '#!/bin/sh\\n' > "$2"; chmod +x "$2"; echo compiled >&2;;
esac
"""


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def never(line: str) -> None:
    pytest.fail(f"there was nothing to report, but: {line}")


def test_a_cached_build_is_taken_without_a_word() -> None:
    built = executable(cached_build(), "#!/bin/sh\n")
    assert find_or_build(never) == built


def test_other_sources_are_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    for name in ("go.mod", "go.sum", "main.go"):
        (sources / name).write_text(name)
    monkeypatch.setattr(devserver_build, "SOURCE", sources)
    before = cached_build()
    assert cached_build() == before
    (sources / "main.go").write_text("package main")
    assert cached_build() != before


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)", (1, 29)),
        ("devserver (Server 1.32.1, UI 2.54.1)", (1, 32)),
        ("temporal version 2.0.0 (Server 2.0.0, UI 3.0.0)", (2, 0)),
    ],
)
def test_temporal_on_path_counts_from_server_1_32(
    tools: Path, said: str, version: tuple[int, int]
) -> None:
    found = executable(tools / "temporal", f"#!/bin/sh\necho '{said}'\n")
    assert server_version(found) == version
    assert on_path() == (found if version >= (1, 32) else None)


def test_a_program_that_names_no_server_is_not_one(tools: Path) -> None:
    found = executable(tools / "temporal", "#!/bin/sh\necho something else\n")
    assert server_version(found) is None
    assert on_path() is None
    assert server_version(tools / "nothing") is None


def test_without_go_the_error_says_what_to_install_or_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerUnavailableError, match=r"Install Go .* or set TEMPORAL_ADDRESS"):
        build(never)


def test_a_build_reports_and_lands_in_the_cache(tools: Path, tmp_path: Path) -> None:
    executable(tools / "go", GO.format(calls=tmp_path / "calls"))
    said: list[str] = []
    assert build(said.append) == cached_build()
    assert os.access(cached_build(), os.X_OK)
    assert "2 packages to compile" in said[1]
    assert "built in" in said[-1]


def test_two_builders_build_once(tools: Path, tmp_path: Path) -> None:
    executable(tools / "go", GO.format(calls=tmp_path / "calls"))
    said: list[str] = []
    builders = [threading.Thread(target=build, args=(said.append,)) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert (tmp_path / "calls").read_text().split() == ["list", "build"]
    assert any("waiting" in line for line in said)


def test_a_failed_build_says_why_and_leaves_nothing(tools: Path) -> None:
    executable(tools / "go", "#!/bin/sh\necho 'main.go:1:1: expected package' >&2\nexit 1\n")
    with pytest.raises(ServerUnavailableError, match=r"main\.go:1:1: expected package"):
        build(lambda _: None)
    assert [path.name for path in cache_directory().rglob("*") if path.is_file()] == ["lock"]
