"""YAML files read with the line of every key, and checked against a pydantic model."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ValidationError
from yaml.composer import Composer, ComposerError
from yaml.constructor import ConstructorError

from optimiser._io.errors import InputError, closest, dotted, shortened
from optimiser._io.reading import MOST_YAML, read_text, said

Key = tuple[str | int, ...]
#: Levels of a YAML file, and keys and values in all, at most.
MOST_DEEP, MOST_NODES = 50, 100_000
#: PyYAML's parser in C, ten times faster, wherever it is there.
_Parser = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
_REMEDY = "correct the value"
Model = TypeVar("Model", bound=BaseModel)


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise InputError(f"{value} is not a number.", allowed="a number", remedy="write e.g. 100")
    return value


#: Numbers of a pydantic model. YAML's yes and no are none, although Python takes them for 1 and 0.
Real = Annotated[float, BeforeValidator(_no_truth)]
Whole = Annotated[int, BeforeValidator(_no_truth)]


@dataclass(frozen=True)
class Document:
    """A YAML file: its text, its content, and the line of each key and list item (from 1)."""

    path: Path
    text: str
    data: Any
    lines: Mapping[Key, int]

    def where(self, key: Key) -> str:
        """Return ``file, line n, key a.b`` for the nearest key that the file really has."""
        known = key
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known, 1)
        return f"{self.path}, line {line}" + (f", key {dotted(key)}" if key else "")

    def located(self, error: InputError) -> InputError:
        """Return an error that knows its key with this file and line; others as they are."""
        if ", line " in error.where:
            return error
        more = error.where.removeprefix(dotted(error.key))
        where = self.where(error.key) + more
        return InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy, key=error.key)


def read_yaml(path: Path) -> Document:
    """Read one YAML file, of bounded size and depth, with its aliases written out.

    Raises:
        InputError: no ordinary file, not UTF-8, empty, too large, a syntax error, a value that its tag does
            not allow, an alias that holds itself, or a key given twice; with its line.
    """
    return parse_yaml(read_text(path, MOST_YAML, allowed="a YAML file"), path)


def parse_yaml(text: str, path: Path) -> Document:
    """Return the document that the text of a YAML file makes; errors as of :func:`read_yaml`."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines = {} if node is None else dict(_walk(node, (), path))
        data = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(
            f"{path} is not valid YAML: {error.problem}.",
            where=f"{path}{place}",
            remedy="check indentation, brackets, colons and quotation marks at or just above that line",
        ) from None
    except yaml.YAMLError as error:  # a character that no text holds
        raise InputError(f"{path} is not valid YAML: {said(error)}.", where=str(path)) from None
    if node is None:
        raise InputError(f"{path} is empty.", allowed="YAML keys and values", remedy="see `optimiser list`")
    return Document(path, text, data, lines)


class _Loader(Composer, _Parser):  # type: ignore[misc,valid-type]
    """PyYAML's safe loader with limits; its composer in Python, since the one in C falls over deep nesting.

    An alias counts as all that it stands for: what is built stays in proportion to the file.
    """

    def __init__(self, text: str) -> None:
        _Parser.__init__(self, text)
        Composer.__init__(self)
        self._nodes = self._depth = 0
        self._sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node and those below it.

        Raises:
            ComposerError: too deep, too many nodes, or an alias that holds itself.
        """
        mark, alias, before = self.peek_event().start_mark, self.check_event(yaml.AliasEvent), self._nodes
        if self._depth > MOST_DEEP:
            raise ComposerError(None, None, f"it is nested more than {MOST_DEEP} levels deep", mark)
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None and alias and node not in self._sizes:
            raise ComposerError(None, None, "this alias stands inside of what it names", mark)
        self._nodes += self._sizes[node] if node is not None and alias else 1
        if self._nodes > MOST_NODES:
            raise ComposerError(None, None, f"it holds more than {MOST_NODES:,} keys and values", mark)
        if node is not None and not alias:
            self._sizes[node] = self._nodes - before
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build the value of one node.

        Raises:
            ConstructorError: the value is not what its tag says, such as ``!!int x`` or the date 2026-13-45,
                or is a number too large to reckon with.
        """
        try:
            value = super().construct_object(node, deep=deep)
            if type(value) is int:
                float(value)
        except (ValueError, OverflowError, LookupError, AttributeError, TypeError):
            if not isinstance(node, yaml.ScalarNode):
                raise
            what = f"{shortened(repr(node.value))} cannot be read as {node.tag.rpartition(':')[2]}"
            raise ConstructorError(None, None, what, node.start_mark) from None
        return value


def _walk(node: yaml.Node, prefix: Key, path: Path) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key_node, value in node.value:
            name, line = str(key_node.value), key_node.start_mark.line + 1
            if key_node.tag not in _KEYS:
                raise InputError(
                    f"The key {name!r} is not text.",
                    where=f"{path}, line {line}",
                    remedy="write it in quotation marks",
                )
            if name in seen:
                raise InputError(
                    f"Key {name!r} is given twice.",
                    where=f"{path}, lines {seen[name]} and {line}",
                    remedy="keep one of them",
                )
            seen[name] = line
            yield (*prefix, name), line
            yield from _walk(value, (*prefix, name), path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*prefix, index), value.start_mark.line + 1
            yield from _walk(value, (*prefix, index), path)


def validate(model: type[Model], document: Document, *, at: Key = ()) -> Model:
    """Check (a part of) a document against a pydantic model.

    Args:
        model: the model.
        document: the file.
        at: the key of the part to check; its value is taken from ``document.data``.

    Raises:
        InputError: the first problem in the order of the file, with file, line, key and value.
    """
    data = document.data
    for part in at:
        data = data[part]
    if not isinstance(data, dict):
        raise InputError(
            f"Expected keys and values, found {type(data).__name__} {data!r}.",
            where=document.where(at),
            allowed="the keys " + ", ".join(_keys(model)),
        )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = first_error(error, model, data, at)
    except InputError as error:  # of a model that turns its own errors into words
        found = error.at(*at)
    raise document.located(found) from None


def first_error(error: ValidationError, model: type[BaseModel], data: Any, at: Key = ()) -> InputError:
    """Return the first problem that pydantic found, in the order of the data, in words.

    Args:
        error: what pydantic raised.
        model: the model that refused.
        data: what it was given.
        at: the key of the data.
    """
    # a misspelt key explains the one that is missing, and a wrong entry the list that is too short
    problems = sorted(
        error.errors(),
        key=lambda e: (
            e["type"] != "extra_forbidden",
            e["type"] == "too_short",
            _order(_real(e["loc"], data), data),
        ),
    )
    found = _as_input_error(problems[0], model, at, data)
    if len(problems) > 1:
        found.where += f" ({len(problems) - 1} more mistakes)" if found.where else ""
    return found


def _order(key: Key, data: Any) -> tuple[int, ...]:
    """Return where a key stands in the data, for sorting."""
    places = []
    for part in key:
        places.append(part if isinstance(part, int) else list(data).index(part))
        data = data[part]
    return tuple(places)


def _as_input_error(error: Any, model: type[BaseModel], at: Key, data: Any) -> InputError:
    loc = _real(error["loc"], data)
    key = (*at, *loc)
    if error["type"] == "extra_forbidden":
        keys = _keys(_model_at(model, loc[:-1]))
        return InputError(
            f"Unknown key {str(loc[-1])!r}.",
            key=key,
            allowed=", ".join(keys),
            remedy=closest(str(loc[-1]), keys) or "remove the key",
        )
    if error["type"] == "missing":
        name = error["loc"][-1]
        return InputError(f"Key {str(name)!r} is missing.", key=key, remedy=f"add {name}:")
    context = error.get("ctx", {}).get("error")
    if isinstance(context, InputError):
        if ", line " in context.where:
            return context
        inner = context.key if not loc or context.key[:1] != loc[-1:] else context.key[1:]
        return InputError(
            context.what, key=(*key, *inner), allowed=context.allowed, remedy=context.remedy or _REMEDY
        )
    if context is not None:
        message = str(context)
        return InputError(f"{message[:1].upper()}{message[1:]}.", key=key, remedy=_REMEDY)
    what, allowed = _in_words(error, dotted(key))
    return InputError(what, key=key, allowed=allowed, remedy=_REMEDY)


def _in_words(error: Any, key: str) -> tuple[str, str]:
    """Say what pydantic refused, and what it would have taken."""
    value, told = error["input"], error.get("ctx", {})
    bounds = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    limits = ", ".join(f"{bounds[name]} {limit:g}" for name, limit in told.items() if name in bounds)
    what = f"{key} = {value!r} is not possible." if len(repr(value)) < 60 else f"{key} is not possible."
    if limits:
        return what, limits
    if error["type"] in ("too_short", "too_long"):
        least, most = told.get("min_length"), told.get("max_length")
        return what, f"at least {least} entries" if least is not None else f"at most {most} entries"
    if "expected" in told:
        return what, str(told["expected"])
    if error["type"] == "tuple_type":
        return what, "a list, with a dash before each entry"
    if error["type"] in ("model_type", "dict_type"):
        return what, "keys and values"
    # pydantic's own sentence says which type it wants: "Input should be a valid integer"
    return what, str(error["msg"]).removeprefix("Input should be ").split(",")[0]


def _real(loc: tuple[str | int, ...], data: Any) -> Key:
    """Drop what pydantic adds to a location (union tags), keeping the keys the data really has."""
    real: list[str | int] = []
    for part in loc:
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_list or (isinstance(data, dict) and part in data):
            data = data[part]
            real.append(part)
    return tuple(real)


def _keys(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], loc: Key) -> type[BaseModel] | None:
    """Return the model that describes the value at a location, or None."""
    current: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, int) or current is None:
            continue
        field = next((f for n, f in current.model_fields.items() if part in (n, f.alias)), None)
        current = _inner_model(field.annotation) if field else current
    return current


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
