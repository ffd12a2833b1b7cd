"""One YAML file as data that remembers its lines, and faults that name file, line and what to do.

YAML 1.2 (NO is Norway), plain values only, no key twice, no anchors. It does not know what the keys mean:
`pipelines.config` does. Lines are looked up only once there is a fault to tell.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from pipelines import yamlcache

T = TypeVar("T")
Loc = tuple[int | str, ...]
LARGEST_BYTES = 4_000_000
SECRET = frozenset({"password", "database", "secret", "channels"})  # a fault there never repeats the value
NAMED_BY = ("id", "code", "email", "text", "name")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in configuration. `str()` is one line for an operator."""

    file: str
    line: int | None
    words: str

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.words}" if self.line else f"{self.file}: {self.words}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class ConfigError(ValueError):
    """Configuration that cannot be used, with every fault found. `str()` has a line for each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0)))
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Fault, ...]]]:
        """Its faults make it again in another process, where an exception's message would."""
        return type(self), (self.faults,)


@dataclass(frozen=True)
class YamlFile:
    """A parsed file. `label` is how faults call it; `noun` is what one item of its list is called."""

    label: str
    noun: str
    data: Any
    text: str = field(repr=False)

    @cached_property
    def _root(self) -> Node | None:
        root: Node | None = _yaml().compose(self.text)
        return root

    def fault(self, loc: Loc, words: str) -> Fault:
        """A fault at a place in this file."""
        return Fault(self.label, self._line_of(loc), self._place(loc) + words)

    def _line_of(self, loc: Loc) -> int | None:
        """The line of a place, from 1; of what encloses it if the place is not in the file."""
        node, line = self._root, None
        for part in loc:
            step = _child(node, part)
            if step is None:
                break
            at, node = step
            line = at.start_mark.line + 1
        return line or (self._root.start_mark.line + 1 if self._root is not None else None)

    def _place(self, loc: Loc) -> str:
        """Where, in words: "source bbc: follow[2]: "; items are called by their id where they have one."""
        at, path = self.data, ""
        for part in loc:
            inner = at[part] if _has(at, part) else None
            if isinstance(part, int):
                path += f"[{_name_of(inner) or part + 1}]"
            else:
                path += f".{part}" if path else part
            at = inner
        if self.noun and path.startswith("["):
            name, _, path = path[1:].partition("]")
            path = f"{self.noun} {name}" + (f": {path.removeprefix('.')}" if path else "")
        return f"{path}: " if path else ""


def read(path: Path, label: str, noun: str = "") -> YamlFile:
    """Parses a file. Raises ConfigError if it cannot be read or is no plain YAML."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError([Fault(label, None, f"cannot be read: {error.strerror or error}")]) from error
    if len(raw) > LARGEST_BYTES:
        raise ConfigError([Fault(label, None, f"is larger than {LARGEST_BYTES // 10**6} MB")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = f"is not UTF-8 (byte 0x{raw[error.start]:02x}): save it as UTF-8"
        raise ConfigError([Fault(label, raw.count(b"\n", 0, error.start) + 1, words)]) from error
    data = yamlcache.cached(path, raw)
    if data is None:
        data = _parse(text, label)
        yamlcache.keep(path, raw, data)
    return YamlFile(label, noun, data, text)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _parse(text: str, label: str) -> Any:
    """The data of a file. Raises ConfigError."""
    yaml = _yaml()
    try:
        root = yaml.compose(text)
        faults = [Fault(label, line, words) for line, words in _unplain(root)]
        data = None if faults or root is None else yaml.constructor.construct_document(root)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError([Fault(label, mark.line + 1 if mark else None, _words_of(error))]) from error
    except ReaderError as error:
        words = f"holds a character that YAML does not allow: {chr(error.character)!r}"
        raise ConfigError([Fault(label, text.count("\n", 0, error.position) + 1, words)]) from error
    except RecursionError as error:
        raise ConfigError([Fault(label, None, "is nested too deeply")]) from error
    except ValueError as error:  # a value that looks like a date and is none
        raise ConfigError(
            [Fault(label, None, f"holds a value that cannot be read (quote it): {error}")]
        ) from error
    if faults:
        raise ConfigError(faults)
    return data


def validated(file: YamlFile, shape: TypeAdapter[T]) -> tuple[T | None, list[Fault]]:
    """The typed value of a file, or None and the faults."""
    if file.data is None:
        return None, [Fault(file.label, None, "is empty")]
    try:
        return shape.validate_python(file.data), []
    except ValidationError as error:
        return None, [file.fault(*_sharper(file.data, *found)) for found in problems_of(error, shape)]


def validated_items(file: YamlFile, shape: TypeAdapter[T]) -> tuple[dict[int, T], list[Fault]]:
    """The typed items of a file that is a list, by their place in it, and the faults of the others."""
    if file.data is None:
        return {}, [Fault(file.label, None, "is empty: it should be a list (- item)")]
    if not isinstance(file.data, list):
        return {}, [file.fault((), "should be a list (- item)")]
    items: dict[int, T] = {}
    faults: list[Fault] = []
    for place, data in enumerate(file.data):
        try:
            items[place] = shape.validate_python(data)
        except ValidationError as error:
            faults += [file.fault((place, *loc), words) for loc, words in problems_of(error, shape)]
    return items, faults


def problems_of(error: ValidationError, shape: TypeAdapter[Any]) -> Iterator[tuple[Loc, str]]:
    """Pydantic's findings as (place, plain words); values of secrets are left out."""
    for found in error.errors(include_url=False):
        loc: Loc = found["loc"]
        match found["type"]:
            case "extra_forbidden":
                yield loc, "unknown key" + guess(loc[-1], keys_at(shape.json_schema(), loc[:-1]))
            case "missing":
                yield loc, "is missing"
            case "value_error":
                yield loc, str(found["ctx"]["error"])
            case "model_type" | "dict_type":
                yield loc, f"should be keys with values (key: value), not {_short(found['input'])}"
            case "path_type":
                yield loc, f"should be a path, not {_short(found['input'])}"
            case "tuple_type" | "list_type":
                yield loc, f"should be a list, not {_short(found['input'])}"
            case _:
                words = found["msg"][0].lower() + found["msg"][1:]
                yield loc, words if SECRET & set(loc) else f"{words}, not {_short(found['input'])}"


def guess(word: object, known: Iterable[str]) -> str:
    """ " (did you mean 'x'?)", or nothing if no known word is like it."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def keys_at(schema: Mapping[str, Any], loc: Loc) -> list[str]:
    """The keys that a JSON Schema allows at a place."""

    def plain(part: Any) -> Mapping[str, Any]:
        if isinstance(part, Mapping) and "anyOf" in part:
            part = next(p for p in part["anyOf"] if p.get("type") != "null")
        if isinstance(part, Mapping) and "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        return part if isinstance(part, Mapping) else {}

    at = plain(schema)
    for part in loc:
        inner = at.get("items") if isinstance(part, int) else at.get("properties", {}).get(part)
        at = plain(inner or at.get("additionalProperties"))
    return list(at.get("properties", {}))


def _unplain(root: Node | None) -> Iterator[tuple[int, str]]:
    """Keys given twice, and values written once and used twice: (line, words)."""
    seen: set[int] = set()
    todo = [root] if root is not None else []
    while todo:
        node = todo.pop()
        if id(node) in seen:
            yield node.start_mark.line + 1, "anchors (&x) and aliases (*x) are not read here: write it out"
            continue
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            todo += node.value
        elif isinstance(node, MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if key.value in first:
                    yield line, f"key {key.value!r} is given twice (first in line {first[key.value]})"
                first.setdefault(str(key.value), line)
                todo.append(value)


def _words_of(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    if "\\t" in problem:
        return "a tab where YAML wants spaces: indent with spaces"
    return f"is not YAML: {problem}" + (f" {error.context}" if error.problem and error.context else "")


def _child(node: Node | None, part: int | str) -> tuple[Node, Node] | None:
    """Of a mapping's key: the key and its value; of a sequence's item: the item twice."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == str(part):
                return key, value
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _has(at: Any, part: int | str) -> bool:
    if isinstance(at, Mapping):
        return part in at
    return isinstance(at, list) and isinstance(part, int) and part < len(at)


def _name_of(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    name = next((item[key] for key in NAMED_BY if isinstance(item.get(key), str)), None)
    return name if name is None or len(name) <= 40 else f"{name[:39]}…"


def _sharper(data: Any, loc: Loc, words: str) -> tuple[Loc, str]:
    """Finds the place that a check of the whole file only names: "rule ID: …", "act ID: …"."""
    part, _, rest = words.partition(": ")
    what, _, name = part.partition(" ")
    parts = data.get(f"{what}s") if not loc and rest and isinstance(data, Mapping) else None
    if isinstance(parts, Mapping) and name in parts:
        return (f"{what}s", name), rest
    if isinstance(parts, list):
        return next(
            (((f"{what}s", i), rest) for i, p in enumerate(parts) if _name_of(p) == name), (loc, words)
        )
    return loc, words


def _short(value: object) -> str:
    if isinstance(value, Mapping):  # what lies inside may be a secret
        return "keys with values"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
