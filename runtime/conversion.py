"""Payloads as pydantic's JSON, read by one set of type adapters for the whole process."""

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter

_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class SharedConverter(CompositePayloadConverter):
    """The SDK makes a converter for each workflow, and pydantic's would build each type's adapter
    anew in it: 20 KiB and a few milliseconds for every order in memory."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=SharedConverter)
"""Without encryption."""
