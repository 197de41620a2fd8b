"""The tree of settings: each with its unit, bounds and a sentence of meaning."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.sources import InitSettingsSource

from cdrpipe.language import N_

ENV_PREFIX = "CDRPIPE_"

# The keyword under which the file's tree is handed to Config; no setting bears this name.
FILE_KEY = "_file"

# The section whose keys are librdkafka's own, with dots in them.
PROPERTIES = ("kafka", "properties")

# The names of mediation/formats.py; a test holds the two equal.
FormatName = Literal[
    "native",
    "native_json",
    "native_csv",
    "native_arrow",
    "freeswitch_csv",
    "freeswitch_json",
    "asterisk_csv",
    "asterisk_custom",
    "cucm",
]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"expected a time zone such as Asia/Shanghai or UTC, got {name!r}"
        ) from None
    return name


def _words(value: object) -> object:
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _path(value: object) -> object:
    if value == "":
        raise ValueError("expected a path, got nothing")
    return value


def _name(value: str) -> str:
    if not value:
        raise ValueError("expected a name, got nothing")
    return value


def _job_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", value):
        raise ValueError(
            f"expected a name of letters, digits, dots, dashes and underscores, got {value!r}"
        )
    return value


def _area_code(value: str) -> str:
    if not re.fullmatch(r"(0\d{2,3})?", value, re.ASCII):
        raise ValueError(f"expected an area code with its 0, such as 0755, got {value!r}")
    return value


ZoneName = Annotated[str, AfterValidator(_known_zone)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_words)]
Name = Annotated[str, AfterValidator(_name)]
JobName = Annotated[str, AfterValidator(_job_name)]
AreaCode = Annotated[str, AfterValidator(_area_code)]
NamedPath = Annotated[Path, BeforeValidator(_path)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class KafkaSettings(_Section):
    """Where ``cdrpipe run`` takes CDRs from, and how often it commits."""

    bootstrap: str = Field(
        default="localhost:9092", description=N_("Brokers, host:port, comma-separated.")
    )
    topics: Words = Field(
        default=("cdr",), min_length=1, description=N_("Topics to read, comma-separated.")
    )
    group: Name = Field(default="cdrpipe", description=N_("Consumer group."))
    job: JobName = Field(
        default="cdrpipe",
        description=N_(
            "Name under which the lake keeps the offsets; a new name reads from the start."
        ),
    )
    format: FormatName = Field(default="native", description=N_("Format of the messages."))
    source: str = Field(
        default="", description=N_("Name written into each CDR; empty: the format's name.")
    )
    flush_rows: int = Field(
        default=500_000,
        ge=1,
        le=5_000_000,
        description=N_("Commit at the latest after this many messages."),
    )
    flush_ms: int = Field(
        default=1000,
        ge=50,
        le=600_000,
        description=N_("Commit at the latest after this many milliseconds."),
    )
    properties: dict[str, str] = Field(
        default_factory=dict,
        description=N_("Further librdkafka properties, e.g. security.protocol."),
    )


class SourceSettings(_Section):
    """What the operator says of one source of files or messages."""

    format: FormatName | None = Field(
        default=None, description=N_("Format; none: found by looking at it.")
    )
    tz: ZoneName = Field(default="Asia/Shanghai", description=N_("Zone of stamps that carry none."))
    trunk_area: AreaCode = Field(
        default="", description=N_("Area code, with its 0, of local numbers written without one.")
    )


class Config(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=ENV_PREFIX, env_nested_delimiter="__"
    )

    data_dir: NamedPath = Field(
        default=Path("cdrpipe-data"), description=N_("Folder of the lake and of register.sqlite.")
    )
    region_overrides: NamedPath | None = Field(
        default=None,
        description=N_("CSV of number prefixes whose region differs from the built-in table."),
    )
    calendar_files: Paths = Field(
        default=(),
        description=N_("CSV files of holidays and worked weekends, over the built-in calendar."),
    )
    duplicate_horizon_days: int = Field(
        default=35,
        ge=1,
        le=400,
        description=N_("Days back in which a CDR sent again is recognised."),
    )
    suspended_max: int | None = Field(
        default=None,
        ge=0,
        description=N_("cdr import exits with 1 if more CDRs are suspended; none: never."),
    )
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    sources: dict[str, SourceSettings] = Field(default_factory=dict)

    @property
    def lake_dir(self) -> Path:
        """Folder of the lake."""
        return self.data_dir / "lake"

    @property
    def register_file(self) -> Path:
        """SQLite file of the register."""
        return self.data_dir / "register.sqlite"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: ``--set``, environment, file (handed in as ``FILE_KEY``)."""
        handed = dict(getattr(init_settings, "init_kwargs", {}))
        in_file = handed.pop(FILE_KEY, {})
        return (
            InitSettingsSource(settings_cls, handed),
            _Environment(settings_cls),
            InitSettingsSource(settings_cls, in_file),
        )


def with_flat_properties(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Give a tree of settings in which the keys under kafka.properties are librdkafka's own.

    ``{"sasl": {"password": "x"}}`` is ``{"sasl.password": "x"}``, as in a TOML file that leaves the
    quotes out.
    """
    kafka = tree.get("kafka")
    if not isinstance(kafka, Mapping) or not isinstance(kafka.get("properties"), Mapping):
        return dict(tree)
    return {**tree, "kafka": {**kafka, "properties": _flat(kafka["properties"])}}


def _flat(properties: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in properties.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{rest}": each for rest, each in _flat(value).items()}
        else:
            flat[key] = str(value).lower() if isinstance(value, bool) else value
    return flat


class _Environment(EnvSettingsSource):
    """The environment, in which a property's text is taken as it is: a password may be digits."""

    def __call__(self) -> dict[str, Any]:
        tree = with_flat_properties(super().__call__())
        start = f"{ENV_PREFIX}KAFKA__PROPERTIES__".lower()
        properties = tree.get("kafka", {}).get("properties")
        for name, text in self.env_vars.items():
            if name.lower().startswith(start) and isinstance(properties, dict):
                properties[name.lower().removeprefix(start).replace("__", ".")] = text
        return tree
