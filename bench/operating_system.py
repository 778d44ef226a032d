"""What a process has used, in Linux's own words (proc(5))."""

import os
from pathlib import Path


def cpu_seconds(process: int) -> float:
    """User and system time of a process with all its threads, since it began."""
    return cpu_of_stat(Path(f"/proc/{process}/stat").read_text(), os.sysconf("SC_CLK_TCK"))


def cpu_of_stat(stat: str, ticks_per_second: int) -> float:
    """Fields 14 and 15 of /proc/PID/stat; the second field, a name, may hold anything."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / ticks_per_second


def resident_mib(process: int) -> float:
    """Memory that a process holds in RAM (VmRSS)."""
    return rss_of_status(Path(f"/proc/{process}/status").read_text())


def rss_of_status(status: str) -> float:
    """VmRSS of /proc/PID/status, in MiB. Raises ValueError where it is missing."""
    for line in status.splitlines():
        name, _, rest = line.partition(":")
        if name == "VmRSS":
            return int(rest.split()[0]) / 1024
    raise ValueError("no VmRSS")
