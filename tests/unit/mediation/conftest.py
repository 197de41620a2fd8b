"""A file's or a topic's bytes through one reader, as plain rows."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest

from cdrpipe.mediation.formats import FORMATS
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    batch: DecodedBatch
    cdrs: list[dict[str, object]]
    unreadable: list[dict[str, object]]

    @property
    def details(self) -> list[str]:
        return [str(row["suspense_detail"]) for row in self.unreadable]


def options(tz: str = "Asia/Shanghai") -> SourceOptions:
    return SourceOptions(source="pbx", tz=ZoneInfo(tz))


def _decoded(form: str, payloads: list[Payload], tz: str) -> Decoded:
    batch = FORMATS[form].decode(payloads, options(tz))
    assert batch.read_count == batch.cdrs.num_rows + batch.unreadable.num_rows
    return Decoded(
        batch=batch, cdrs=batch.cdrs.to_pylist(), unreadable=batch.unreadable.to_pylist()
    )


@pytest.fixture
def decode_file() -> Callable[..., Decoded]:
    """Decode the bytes of a file, given as one payload."""

    def decode(
        form: str, data: bytes, *, tz: str = "Asia/Shanghai", header: bytes | None = None
    ) -> Decoded:
        payload = Payload(data=data, first_row=1, file="day.cdr", file_id="ab" * 32, header=header)
        return _decoded(form, [payload], tz)

    return decode


@pytest.fixture
def decode_messages() -> Callable[..., Decoded]:
    """Decode messages of one partition, with offsets from 0."""

    def decode(form: str, *messages: bytes, tz: str = "Asia/Shanghai") -> Decoded:
        payloads = [
            Payload(data=data, first_row=0, topic="cdr", partition=3, offset=offset)
            for offset, data in enumerate(messages)
        ]
        return _decoded(form, payloads, tz)

    return decode
