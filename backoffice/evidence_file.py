"""Evidence as one file: the same records always make the same bytes."""

import io
import zipfile

from domain.evidence import Evidence, named

SUMMARY = "summary.txt"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a ZIP archive knows: its entries are of no moment."""


def pack(evidence: Evidence, summary: str) -> bytes:
    """A ZIP archive of the summary and every paper."""
    buffer = io.BytesIO()
    # Stored as they are: what compression makes of the same bytes differs from build to build.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _put(archive, SUMMARY, summary.encode())
        for name, paper in named(evidence.papers).items():
            _put(archive, name, paper.content)
    return buffer.getvalue()


def unpacked(content: bytes, name: str) -> bytes:
    """One paper of an archive. Raises KeyError where it is not in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # whatever machine it is made on
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)
