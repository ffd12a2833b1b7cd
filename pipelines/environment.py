"""Settings given by environment variables: STANCEWATCH_<KEY> and STANCEWATCH_<PART>__<KEY>.

Pure: the variables come in as a mapping, `pipelines.config` reads them. Values are not checked here, but every
variable is remembered by the place it sets, so that a fault can name it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from extract.knowledge import Shape
from pipelines.settings import Settings
from pipelines.yamlfile import Fault, Loc, guess

PREFIX = "STANCEWATCH_"
OVERLAY = "STANCEWATCH_CONFIG"
NO_SETTING = (OVERLAY, "STANCEWATCH_TEST_")  # where to read, and what only the test suite asks for


@dataclass(frozen=True)
class FromEnvironment:
    """Settings as nested data; `names` says which variable set which place."""

    data: dict[str, Any] = field(default_factory=dict, repr=False)
    names: dict[Loc, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def variable_of(self, loc: Loc) -> tuple[str, Loc] | None:
        """The variable that set a place or what encloses it, and the rest of the place; None if a file did."""
        for end in range(len(loc), 0, -1):
            if loc[:end] in self.names:
                return self.names[loc[:end]], loc[end:]
        return None

    def over(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """A file's settings with these laid over them, key by key."""
        return _merged(base, self.data)


def settings_in(environ: Mapping[str, str]) -> FromEnvironment:
    """What the environment says of settings. An empty variable counts as not set."""
    found = FromEnvironment()
    names = [
        n for n in environ if n.startswith(PREFIX) and not n.startswith(NO_SETTING) and environ[n].strip()
    ]
    for name in sorted(names, key=lambda n: (n.count("__"), n)):  # a whole part first, then its single keys
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        kind = _kind_of(path)
        if kind is None:
            found.faults.append(Fault(name, None, "no such setting" + guess(name, _variables())))
            continue
        try:
            value = json.loads(environ[name]) if kind == "json" else environ[name].strip()
        except ValueError:  # its value stays out of the message
            found.faults.append(Fault(name, None, "is not JSON: this setting holds more than one value"))
            continue
        _put(found.data, path, value)
        found.names[path] = name
    return found


def _kind_of(path: tuple[str, ...]) -> str | None:
    """Whether the setting at a path is plain "text" or wants "json"; None if there is none."""
    shape: Any = Settings
    for key in path:
        if get_origin(shape) is dict:  # its keys are names that the operator chose
            shape = get_args(shape)[1]
            continue
        if not (isinstance(shape, type) and issubclass(shape, Shape)) or key not in shape.model_fields:
            return None
        shape = shape.model_fields[key].annotation
    return (
        "json"
        if get_origin(shape) in (tuple, dict) or (isinstance(shape, type) and issubclass(shape, Shape))
        else "text"
    )


def _variables() -> list[str]:
    """The name of every setting's variable."""
    names = []
    for key, about in Settings.model_fields.items():
        part = about.annotation
        inner = part.model_fields if isinstance(part, type) and issubclass(part, Shape) else {}
        names += [f"{PREFIX}{key}__{name}".upper() for name in inner] or [f"{PREFIX}{key}".upper()]
    return names


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        if not isinstance(data.get(key), dict):
            data[key] = {}
        data = data[key]
    data[path[-1]] = value


def _merged(base: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, dict) and isinstance(under, Mapping):
            merged[key] = _merged(under, value)
        elif (
            not isinstance(value, dict) or under is None
        ):  # else the file's own fault is told, not covered up
            merged[key] = value
    return merged
