"""What is to be started on this machine, and on which ports."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What to start. A port of 0 means any free one; without files nothing outlives the stack."""

    on_files: bool
    workers: int = 1
    api_port: int = 0
    temporal_port: int = 0
    ui_port: int = 0
    sandbox_port: int = 0

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports that are not any free one, by what listens there."""
        given = {
            "api": self.api_port,
            "temporal": self.temporal_port,
            "ui": self.ui_port,
            "sandbox": self.sandbox_port,
        }
        return {name: port for name, port in given.items() if port}

    @property
    def clash(self) -> str:
        """Which parts were given one port; empty where each has its own."""
        by_port: dict[int, list[str]] = {}
        for name, port in self.ports.items():
            by_port.setdefault(port, []).append(f"--{name}-port")
        return "; ".join(
            f"{' and '.join(names)} are both {port}"
            for port, names in by_port.items()
            if len(names) > 1
        )
