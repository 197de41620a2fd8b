"""Read the settings: find the file, merge the sources, and name the place of every fault."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

from cdrpipe.config.claims import claim, masked
from cdrpipe.config.settings import (
    ENV_PREFIX,
    FILE_KEY,
    PROPERTIES,
    Config,
    KafkaSettings,
    SourceSettings,
    with_flat_properties,
)
from cdrpipe.errors import ConfigError, Fault

FILE_NAME = "cdrpipe.toml"
ENV_FILE = "CDRPIPE_CONFIG"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingShown:
    """One setting as ``config show`` prints it; ``origin`` is a place or ``default``."""

    setting: str
    value: str
    origin: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What was said, and where, to name the place of a fault."""

    file: Path | None
    text: str
    in_file: Mapping[str, Any]
    by_set: Mapping[str, Any]

    def origin_of(self, path: Sequence[str]) -> str:
        """Say where the setting at ``path`` was given; empty where nowhere."""
        dotted = ".".join(path)
        if _holds(self.by_set, path):
            return f"--set {dotted}"
        name = ENV_PREFIX + dotted.replace(".", "__").upper()
        if any(key.upper() == name for key in os.environ):
            return name
        if self.file is not None and _holds(self.in_file, path):
            return f"{self.file}:{line_of(self.text, path)}"
        return ""

    def place_of(self, path: Sequence[str]) -> str:
        """Say where a fault is: where the setting was given, or what it is a part of."""
        heads = (path[:length] for length in range(len(path), 0, -1))
        return next((place for head in heads if (place := self.origin_of(head))), "default")


def find_config_file(path: Path | None) -> Path | None:
    """Find the file: ``path``, else CDRPIPE_CONFIG, else ./cdrpipe.toml; None where there is none.

    Raises
    ------
    ConfigError
        A file was named and does not exist.
    """
    named = path or (Path(os.environ[ENV_FILE]) if os.environ.get(ENV_FILE) else None)
    if named is None:
        return Path(FILE_NAME) if Path(FILE_NAME).is_file() else None
    if not named.is_file():
        raise ConfigError(
            f"expected a configuration file, found none at {named}",
            code="CONFIG_FILE_MISSING",
            where="--config" if path else ENV_FILE,
            hint="name an existing TOML file, or leave the option out to run with the defaults",
        )
    return named


def load_config(path: Path | None = None, *, assignments: Sequence[str] = ()) -> Config:
    """Read every setting once.

    Parameters
    ----------
    path
        The file to read; None: looked for by ``find_config_file``.
    assignments
        ``key=value`` as given to ``--set``; they win over everything.

    Raises
    ------
    ConfigError
        The file is no TOML, or settings are wrong: all of them, each with its place.
    """
    return _build(_gather(path, assignments))


def show_config(path: Path | None = None, *, assignments: Sequence[str] = ()) -> list[SettingShown]:
    """List every setting in force with its origin and meaning; secrets are masked."""
    given = _gather(path, assignments)
    return list(_shown(_build(given), (), given))


def line_of(text: str, path: Sequence[str]) -> int:
    r"""Find the line of a TOML text that names ``path``, or the longest head of it; 1 where none.

    >>> line_of('[kafka]\ntopics = ["a"]\n', ("kafka", "topics"))
    2
    """
    sought = ".".join(path) + "."
    section: tuple[str, ...] = ()
    best, best_length = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = _dotted(stripped.strip("[] "))
            named = section
        elif "=" in stripped and not stripped.startswith("#"):
            named = section + _dotted(stripped.partition("=")[0])
        else:
            continue
        head = ".".join(named) + "."
        if len(head) > best_length and sought.startswith(head):
            best, best_length = number, len(head)
    return best


def _gather(path: Path | None, assignments: Sequence[str]) -> _Given:
    file = find_config_file(path)
    text, in_file = _read_toml(file) if file else ("", {})
    return _Given(
        file=file,
        text=text,
        in_file=with_flat_properties(in_file),
        by_set=_parse_assignments(assignments),
    )


def _build(given: _Given) -> Config:
    try:
        handed: dict[str, Any] = {**given.by_set, FILE_KEY: given.in_file}
        return Config(**handed)
    except SettingsError as error:
        raise ConfigError(
            f"expected JSON in {_variable_of(error)}",
            hint=f"or set single settings, e.g. {ENV_PREFIX}KAFKA__BOOTSTRAP=host:9092",
        ) from error
    except ValidationError as error:
        details = error.errors()
    # Raised out here: pydantic's error holds on to frames that the collector cannot free, and to
    # the values, which may be secret.
    faults = tuple(sorted((_fault(detail, given) for detail in details), key=_line_order))
    raise ConfigError(
        f"{len(faults)} setting{'s are' if len(faults) > 1 else ' is'} wrong",
        faults=faults,
        where=str(given.file or ""),
        hint="all settings with their meaning:  cdrpipe config show",
    )


def _variable_of(error: SettingsError) -> str:
    """Name the variable of which pydantic says ``… field "kafka" from source …``."""
    found = re.search(r'field "(\w+)"', str(error))
    return ENV_PREFIX + found[1].upper() if found else "the environment"


def _read_toml(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"the configuration file cannot be read: {(error.strerror or str(error)).lower()}",
            where=str(file),
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"expected TOML in UTF-8, got another byte at {error.start + 1}",
            code="CONFIG_UNREADABLE",
            where=str(file),
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"expected TOML: {error}", code="CONFIG_UNREADABLE", where=str(file)
        ) from error


def _parse_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """Read ``key=value`` texts into a tree; no message repeats them, as they may be secret."""
    tree: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        path = _dotted(key)
        if not equals or not path:
            raise ConfigError(
                "expected key=value, got no " + ("key" if equals else "equals sign"),
                where="--set",
                hint="--set kafka.group=a",
            )
        is_property = path[:2] == PROPERTIES and len(path) > len(PROPERTIES)
        if is_property:
            path = (*PROPERTIES, ".".join(path[len(PROPERTIES) :]))
        *heads, last = path
        branch = tree
        for head in heads:
            branch = branch.setdefault(head, {})
            if not isinstance(branch, dict):
                raise ConfigError(
                    f"{'.'.join(path)}: {head} was given a value of its own before",
                    where=f"--set {'.'.join(path)}",
                )
        value = _toml_value(text)
        branch[last] = text if is_property and not isinstance(value, str) else value
    return tree


def _toml_value(text: str) -> object:
    """Read a value as TOML would; plain words are text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _line_order(fault: Fault) -> tuple[bool, int]:
    """Order faults by the line of the file; those from elsewhere stand behind, as they came."""
    _file, colon, line = fault.where.rpartition(":")
    return (False, int(line)) if colon and line.isdigit() else (True, 0)


def _fault(detail: Mapping[str, Any], given: _Given) -> Fault:
    path = tuple(str(part) for part in detail["loc"])
    dotted = ".".join(path)
    if detail["type"] != "extra_forbidden":
        return Fault(f"{dotted}: {claim(dotted, detail)}", where=given.place_of(path))
    near = difflib.get_close_matches(path[-1], _keys_at(path[:-1]), n=1, cutoff=0.5)
    nearest = ".".join((*path[:-1], near[0])) if near else ""
    return Fault(
        f"{dotted} is no setting" + (f"; did you mean {nearest}?" if nearest else ""),
        where=given.place_of(path),
    )


def _keys_at(path: Sequence[str]) -> list[str]:
    """Give the known keys under ``path``; none where ``path`` is no section."""
    sections: dict[str, type[BaseModel]] = {"kafka": KafkaSettings, "sources": SourceSettings}
    fields: Mapping[str, FieldInfo] = Config.model_fields
    for part in path:
        if fields is SourceSettings.model_fields:
            continue
        if part not in sections:
            return []
        fields = sections[part].model_fields
    return list(fields)


def _shown(tree: BaseModel, path: tuple[str, ...], given: _Given) -> Iterator[SettingShown]:
    for name, field in type(tree).model_fields.items():
        value = getattr(tree, name)
        here = (*path, name)
        if isinstance(value, BaseModel):
            yield from _shown(value, here, given)
        elif name == "sources":
            for source, settings in value.items():
                yield from _shown(settings, (*here, source), given)
        elif isinstance(value, dict):
            for key, text in value.items():
                yield _row((*here, key), text, field, given)
        else:
            yield _row(here, value, field, given)


def _row(path: tuple[str, ...], value: object, field: FieldInfo, given: _Given) -> SettingShown:
    dotted = ".".join(path)
    return SettingShown(
        setting=dotted,
        value=masked(dotted, value),
        origin=given.origin_of(path) or "default",
        meaning=field.description or "",
    )


def _holds(tree: Mapping[str, Any], path: Sequence[str]) -> bool:
    branch: Any = tree
    for part in path:
        if not isinstance(branch, Mapping) or part not in branch:
            return False
        branch = branch[part]
    return True


def _dotted(text: str) -> tuple[str, ...]:
    """Split a dotted key; a quoted part keeps its dots, as in TOML."""
    parts: list[str] = []
    for index, chunk in enumerate(text.strip().split('"')):
        if index % 2:
            parts.append(chunk)
        else:
            parts.extend(part.strip() for part in chunk.split(".") if part.strip())
    return tuple(parts)
