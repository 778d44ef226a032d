"""The images and the compose file fit the project: names, versions, commands, and who sees what."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from typer.core import TyperGroup

from api import health
from cli.main import app
from cli.stack import FRUGAL
from runtime.settings import Settings, missing

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))

Service = dict[str, Any]


@cache
def services() -> dict[str, Service]:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]


def ours() -> dict[str, Service]:
    """The services that run our own image."""
    return {name: one for name, one in services().items() if one["image"].startswith("ordersaga")}


def example(name: str) -> set[str]:
    """The names that an example of an environment file sets."""
    return set(re.findall(r"(?m)^(\w+)=", (DOCKER / name).read_text()))


def setting_names() -> set[str]:
    return {f"ORDERSAGA_{field.upper()}" for field in Settings.model_fields}


def go_module(name: str) -> str:
    """The version of a Go module that the embedded server is built from."""
    found = re.search(rf"{re.escape(name)} v?([\d.]+)", (DOCKER / "devserver/go.mod").read_text())
    assert found, f"{name} is not in go.mod"
    return found[1]


def test_whoever_waits_waits_for_something_that_can_be_seen() -> None:
    for name, service in services().items():
        for awaited, how in service.get("depends_on", {}).items():
            assert awaited in services(), f"{name} waits for {awaited}, which is no service"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services()[awaited], f"{awaited} cannot be seen healthy"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services()[awaited]["restart"].startswith("on-failure")


def test_every_mounted_file_exists() -> None:
    mounted = [
        volume.partition(":")[0]
        for service in services().values()
        for volume in service.get("volumes", [])
        if volume.startswith(".")
    ]
    assert mounted
    assert [file for file in mounted if not (DOCKER / file).is_file()] == []


def test_our_services_are_given_settings_that_exist() -> None:
    given = {name for service in ours().values() for name in service["environment"]}
    ordersagas = {name for name in given if name.startswith("ORDERSAGA_")}
    assert ordersagas <= setting_names()
    assert {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "ORDERSAGA_DATABASE_URL"} <= given
    assert example("ordersaga.env.example") <= setting_names()


def test_the_example_names_everything_that_must_be_set() -> None:
    assert set(missing(Settings())) <= example("ordersaga.env.example")


def test_passwords_of_databases_reach_the_databases_alone() -> None:
    passwords = example("databases.env.example")
    text = (DOCKER / "compose.yaml").read_text()
    assert passwords == set(re.findall(r"\$\{(\w+_PASSWORD)\:\?\}", text))
    for service in ours().values():
        assert service["env_file"] == "ordersaga.env"
        assert passwords.isdisjoint(service["environment"])


def options_of(command: list[str]) -> set[str]:
    """The options that a command of ours takes; fails where there is no such command."""
    match command:
        case ["ordersaga", name, *_]:
            group = typer.main.get_command(app)
            assert isinstance(group, TyperGroup)
            assert name in group.commands, f"`ordersaga {name}` is no command"
            return {option for one in group.commands[name].params for option in one.opts}
        case ["python", "-m", module, *_]:
            source = (ROOT / module / "__main__.py").read_text()
            return set(re.findall(r"add_argument\(\s*\"(--[\w-]+)\"", source))
        case _:
            pytest.fail(f"{command} is no command of ours")


def test_our_services_run_commands_that_exist() -> None:
    for service in ours().values():
        known = options_of(service["command"])
        assert {option for option in service["command"] if option.startswith("--")} <= known


def test_the_health_check_asks_what_the_api_answers() -> None:
    (asked,) = re.findall(r"http://127\.0\.0\.1:8000(/[\w/]+)", str(ours()["api"]["healthcheck"]))
    assert asked in {getattr(route, "path", None) for route in health.router.routes}


def test_one_version_of_temporal_everywhere() -> None:
    images = {name: service["image"] for name, service in services().items()}
    server, ui = go_module("go.temporal.io/server"), go_module("github.com/temporalio/ui-server/v2")
    assert images["temporal"] == f"temporalio/server:{server}"
    assert images["temporal-schema"] == f"temporalio/admin-tools:{server}"
    assert images["temporal-ui"] == f"temporalio/ui:{ui}"


def test_ports_are_open_on_this_host_alone() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.stem)
def test_an_image_does_not_run_as_root(dockerfile: Path) -> None:
    last_stage = dockerfile.read_text().rpartition("\nFROM ")[2]
    (user,) = re.findall(r"(?m)^USER (\w+)$", last_stage)
    assert user != "root"
    assert re.search(rf"useradd .*\b{user}\b", last_stage)


def test_the_image_keeps_house_with_memory_as_the_stack_does() -> None:
    image = (DOCKER / "ordersaga.Dockerfile").read_text()
    described = (ROOT / "docs/operations.md").read_text()
    for name, value in FRUGAL.items():
        assert f"\nENV {name}={value}\n" in image
        assert f"`{name}={value}`" in described


def test_what_is_copied_into_images_is_let_through() -> None:
    lets = set(re.findall(r"(?m)^!(\S+)$", (ROOT / ".dockerignore").read_text()))
    assert [name for name in sorted(lets) if not (ROOT / name).exists()] == []
    packages = re.search(r"(?s)packages = \[(.*?)\]", (ROOT / "pyproject.toml").read_text())
    assert packages
    assert set(re.findall(r'"(\w+)"', packages[1])) <= lets


def test_the_image_installs_by_hashes_and_the_server_is_built_with_its_own_go() -> None:
    image = (DOCKER / "ordersaga.Dockerfile").read_text()
    installs = re.findall(r"pip install (.*?)(?: \\)?\n", image)
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    assert f"FROM golang:{go_module('go')} " in (DOCKER / "devserver.Dockerfile").read_text()
