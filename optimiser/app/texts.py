"""The files that ask a question, as texts to edit: the values in them, and what one change makes of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from optimiser._io.builtin import find
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, Key, parse_yaml, read_yaml
from optimiser.app.inside import check_file, check_inside
from optimiser.app.workspace import check_name
from optimiser.problem.load import documents_of, load_config
from optimiser.sweeps.plan import plan
from optimiser.sweeps.spec import read_sweep

#: What a file asks for: one search, or many.
Kind = Literal["run", "sweep"]
#: Longest list whose items are shown as one value, such as a range.
_LONGEST = 12


@dataclass(frozen=True)
class Texts:
    """A question as it stands in files.

    Attributes:
        kind: ``run`` of a config or problem, or ``sweep``.
        files: texts by name; the first asks, the second is the problem that it names.
    """

    kind: Kind
    files: Mapping[str, str]

    @property
    def first(self) -> str:
        """The name of the file that asks."""
        return next(iter(self.files))


def asked_by(path: str | Path, kind: Kind) -> Texts:
    """Return the files of a config, problem or sweep, by name or path.

    A config names its problem; it names the file beside it here, so that both can be changed.

    Raises:
        InputError: a file is not found, not YAML, or names one that `check_inside` refuses.
    """
    if isinstance(path, Path):
        check_file(path)
    if kind == "sweep":
        document = read_yaml(find("sweeps", path))
        return Texts("sweep", {document.path.name: document.text})
    config, problem = documents_of(path)
    if config is None:
        return Texts("run", {problem.path.name: problem.text})
    name = problem.path.name if problem.path.name != config.path.name else f"problem-{problem.path.name}"
    return Texts("run", {config.path.name: replaced(config, ("problem",), name), name: problem.text})


def kind_of(path: Path) -> Kind:
    """Return what a file asks for: a sweep names a base.

    Raises:
        InputError: it is not YAML.
    """
    data = read_yaml(path).data
    return "sweep" if isinstance(data, dict) and "base" in data else "run"


def values_of(asked: Texts) -> list[dict[str, Any]]:
    """Return every value that can be changed alone: its file, its key, and how it is written.

    A short list of plain values counts as one. A file that is no YAML has none.
    """
    found = []
    for name, text in asked.files.items():
        try:
            document = parse_yaml(text, Path(name))
        except InputError:
            continue
        for key, node in _values(yaml.compose(text, Loader=yaml.SafeLoader), ()):
            if key[-1:] != ("description",) and key != ("problem",):
                found.append({"file": name, "key": list(key), "value": _source(document.text, node)})
    return found


def replaced(document: Document, key: Key, value: str) -> str:
    """Return the text of a file with another value at a key; all else, comments too, stays as it is.

    Args:
        document: the file.
        key: of a plain value, or of a short list of such.
        value: as YAML writes it.

    Raises:
        InputError: the file has no such key, or the value is no plain value or list.

    Examples:
        >>> document = parse_yaml("feed: {name: LCO}   # ours\\n", Path("a.yaml"))
        >>> replaced(document, ("feed", "name"), "NMC111")
        'feed: {name: NMC111}   # ours\\n'
    """
    nodes = dict(_values(yaml.compose(document.text, Loader=yaml.SafeLoader), ()))
    if key not in nodes:
        raise InputError("The file has no such value.", key=key, remedy="choose one of the list")
    try:
        meant = parse_yaml(value, Path("value")).data
    except InputError:
        meant = {}
    if isinstance(meant, dict):
        raise InputError(
            f"{value!r} is no plain value.",
            key=("value",),
            allowed="a number, a word, or a list such as [25, 90]",
        )
    flow = yaml.safe_dump(meant, default_flow_style=True, width=10_000, allow_unicode=True)
    node = nodes[key]
    said = flow.removesuffix("...\n").strip()
    return document.text[: node.start_mark.index] + said + document.text[node.end_mark.index :]


def checked(asked: Texts) -> None:
    """Check the files as the command does that will read them.

    Raises:
        InputError: with file, line and key.
    """
    for name, text in asked.files.items():
        check_name(name, "a file", "files")
        check_inside(parse_yaml(text, Path(name)).data, name)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in asked.files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        try:
            path = Path(folder) / asked.first
            if asked.kind == "sweep":
                sweep = read_sweep(path)
                for run in sweep.runs:  # whose values may stand in a table that the sweep names
                    check_inside(run, asked.first)
                plan(sweep)
            else:
                load_config(path)
        except InputError as error:
            told = (error.what, error.where, error.allowed, error.remedy)
            what, where, allowed, remedy = (text.replace(f"{folder}/", "") for text in told)
            raise InputError(what, where=where, allowed=allowed, remedy=remedy, key=error.key) from None


def _values(node: yaml.Node | None, key: Key) -> Iterator[tuple[Key, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _values(value, (*key, str(name.value)))
    elif isinstance(node, yaml.SequenceNode):
        plain = all(isinstance(value, yaml.ScalarNode) for value in node.value)
        if plain and node.flow_style and 0 < len(node.value) <= _LONGEST:
            yield key, node
            return
        for index, value in enumerate(node.value):
            yield from _values(value, (*key, index))
    elif isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">") and key:
        yield key, node


def _source(text: str, node: yaml.Node) -> str:
    return text[node.start_mark.index : node.end_mark.index]
