"""Labels and customs papers, fetched from where the carrier's aggregator keeps them."""

from collections.abc import Mapping

import requests

from domain.failures import NotDone, ProviderFailure, Refused
from domain.shipping import Label, LabelFormat
from providers.failures import of_requests
from providers.http_session import TimedSession

_RETRIES = 1
_CHUNK = 65_536
LARGEST = 10 * 1024 * 1024
"""Bytes; a label is some ten thousand."""

_SIGNATURES: Mapping[LabelFormat, bytes] = {
    LabelFormat.PDF: b"%PDF-",
    LabelFormat.PDF_4X6: b"%PDF-",
    LabelFormat.PNG: b"\x89PNG\r\n\x1a\n",
    LabelFormat.ZPL: b"^XA",
}
_SNIFFED = 1024
"""Bytes within which the signature stands: printers' set-up commands may come before it."""
_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)


class LabelStore:
    """Fetches label files. Safe between threads.

    The session carries no credentials: a label's address is enough, and it is not always the
    provider's own.
    """

    def __init__(self, timeout: tuple[float, float], largest: int = LARGEST) -> None:
        """``timeout`` is (connect, read) in seconds; ``largest`` in bytes."""
        self._session = TimedSession(timeout, _RETRIES)
        self._largest = largest

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()

    def fetch(self, label: Label) -> bytes:
        """The label's bytes, in the format that it was bought in.

        Raises:
            NotDone: they cannot be had now, or what came is no label.
            Refused: the file is larger than any label, or its address is none.
        """
        return self._file(label.id, label.url, label.format)

    def customs(self, label: Label) -> bytes:
        """The commercial invoice that goes with a label across a customs border, as a PDF.

        Raises:
            NotDone: it cannot be had now, or what came is no PDF.
            Refused: the file is larger than any paper, or its address is none.
        """
        return self._file(f"the customs paper of {label.id}", label.customs_url, LabelFormat.PDF)

    def _file(self, name: str, url: str, form: LabelFormat) -> bytes:
        try:
            with self._session.get(url, stream=True) as response:
                if not response.ok:
                    raise NotDone("labels", f"{name} answered {response.status_code}")
                content = self._read(name, response)
        except _NO_ADDRESS as error:
            raise Refused("labels", f"{name} has no address") from error
        except requests.RequestException as error:
            raise _later(of_requests("labels", error)) from error
        if _SIGNATURES[form] not in content[:_SNIFFED]:
            raise NotDone("labels", f"{name} came as something else than {form.value}")
        return content

    def _read(self, name: str, response: requests.Response) -> bytes:
        content = b""
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._largest:
                raise Refused("labels", f"{name} is larger than {self._largest} bytes")
        return content


def _later(failure: ProviderFailure) -> NotDone:
    return NotDone("labels", failure.reason)
