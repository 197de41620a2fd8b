"""Read the settings: find the file, merge the sources, and name the place of every fault."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

from cdrpipe.config.settings import ENV_PREFIX, FILE_KEY, Config, KafkaSettings, SourceSettings
from cdrpipe.errors import ConfigError, Fault

FILE_NAME = "cdrpipe.toml"
ENV_FILE = "CDRPIPE_CONFIG"
MASK = "**********"
_SECRET_WORDS = ("password", "secret", "token", "oauth", "key.pem", "jaas")


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

    def place_of(self, path: Sequence[str]) -> str:
        """Say where the setting at ``path`` was given; "default" where nowhere."""
        dotted = ".".join(path)
        if _holds(self.by_set, path):
            return f"--set {dotted}"
        name = ENV_PREFIX + "__".join(path).upper()
        if any(key.upper() == name for key in os.environ):
            return name
        if self.file is not None and _holds(self.in_file, path):
            return f"{self.file}:{line_of(self.text, path)}"
        return "default"


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
        if len(named) > best_length and tuple(path[: len(named)]) == named:
            best, best_length = number, len(named)
    return best


def _gather(path: Path | None, assignments: Sequence[str]) -> _Given:
    file = find_config_file(path)
    text, in_file = _read_toml(file) if file else ("", {})
    return _Given(file=file, text=text, in_file=in_file, by_set=_parse_assignments(assignments))


def _build(given: _Given) -> Config:
    try:
        handed: dict[str, Any] = {**given.by_set, FILE_KEY: given.in_file}
        return Config(**handed)
    except SettingsError as error:
        raise ConfigError(
            f"an environment variable could not be read: {error}",
            hint=f"set single settings, e.g. {ENV_PREFIX}KAFKA__BOOTSTRAP=host:9092",
        ) from error
    except ValidationError as error:
        faults = tuple(_fault(detail, given) for detail in error.errors())
    # Raised out here: pydantic's error holds on to frames that the collector cannot free.
    raise ConfigError(
        f"{len(faults)} setting{'s are' if len(faults) > 1 else ' is'} wrong",
        faults=faults,
        where=str(given.file or ""),
        hint="all settings with their meaning:  cdrpipe config show",
    )


def _read_toml(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"the configuration file cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"expected TOML: {error}", code="CONFIG_UNREADABLE", where=str(file)
        ) from error


def _parse_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        path = _dotted(key)
        if not equals or not path:
            raise ConfigError(
                f"expected key=value, got {assignment!r}", where="--set", hint="--set kafka.group=a"
            )
        *heads, last = path
        branch = tree
        for head in heads:
            branch = branch.setdefault(head, {})
        branch[last] = _toml_value(text)
    return tree


def _toml_value(text: str) -> object:
    """Read a value as TOML would; plain words are text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _fault(detail: Mapping[str, Any], given: _Given) -> Fault:
    path = tuple(str(part) for part in detail["loc"])
    dotted = ".".join(path)
    if detail["type"] != "extra_forbidden":
        return Fault(f"{dotted}: {_claim(dotted, detail)}", where=given.place_of(path))
    near = difflib.get_close_matches(path[-1], _keys_at(path[:-1]), n=1, cutoff=0.5)
    nearest = ".".join((*path[:-1], near[0])) if near else ""
    return Fault(
        f"{dotted} is no setting" + (f"; did you mean {nearest}?" if nearest else ""),
        where=given.place_of(path),
    )


def _claim(dotted: str, detail: Mapping[str, Any]) -> str:
    """Say what was expected and what came, in one half sentence."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    message = str(detail["msg"])
    return f"{message[:1].lower()}{message[1:]}, got {_masked(dotted, detail['input'])}"


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
        value=_masked(dotted, value),
        origin=given.place_of(path),
        meaning=field.description or "",
    )


def _masked(dotted: str, value: object) -> str:
    if any(word in dotted.lower() for word in _SECRET_WORDS):
        return MASK
    if isinstance(value, tuple | list):
        return ",".join(str(part) for part in value)
    return "" if value is None else str(value)


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
