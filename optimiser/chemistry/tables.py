"""Tables of sourced numbers: YAML whose every number names an entry of the file's own ``sources:``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, create_model

from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Document, Key, read_yaml, validate


class Strict(BaseModel):
    """A part of a table: it cannot be changed, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


#: Annotates a mapping whose entries have a ``name``: it is their key.
NAMED = BeforeValidator(
    lambda rows: (
        {key: {"name": key, **row} if isinstance(row, dict) else row for key, row in rows.items()}
        if isinstance(rows, dict)
        else rows
    )
)


def holding(what: str, names: Sequence[str], others: str = "") -> AfterValidator:
    """Annotate a mapping that must hold some names: they come first, others in their order."""

    def check(table: dict[str, Any]) -> dict[str, Any]:
        absent = [name for name in names if name not in table]
        if absent:
            allowed = ", ".join(part for part in (*names, others) if part)
            raise InputError(f"The table of {what} lacks {', '.join(absent)}.", allowed=allowed)
        return {name: table[name] for name in dict.fromkeys((*names, *table))}

    return AfterValidator(check)


def shipped(name: str) -> Path:
    """Return the path of a table that ships with the product, e.g. ``acids.yaml``."""
    return builtin.folder("models") / name


def table_of(document: Document, **parts: Any) -> Any:
    """Check a table against the types of its parts, and return it with an attribute for each.

    Args:
        document: from `read_table`.
        parts: the type of each top-level key besides ``sources``, e.g. ``acids=dict[str, Acid]``.

    Raises:
        InputError: a key is missing, unknown or has an impossible value; with file, line and key.
    """
    fields: dict[str, Any] = {key: (kind, ...) for key, kind in parts.items()}
    return validate(create_model("Table", __base__=Strict, sources=(dict[str, Any], ...), **fields), document)


def read_table(path: Path) -> Document:
    """Read a table and write each number's full citation beside the key of its source.

    Args:
        path: a YAML file with a mapping ``sources`` (key to ``{title, url}``) beside its numbers. Every
            mapping with a ``value`` or a ``rate`` needs a ``source``; what has a source gets its citation.

    Raises:
        InputError: unreadable, no sources, or a number whose source is missing or not listed; with its line.
    """
    document = read_yaml(path)
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("sources"), dict):
        raise InputError(
            f"{path} does not say where its numbers come from.",
            where=document.where(()),
            allowed="a mapping `sources:` of key to {title, url}",
            remedy="add sources:",
        )
    citations = {str(key): _citation(entry, document, key) for key, entry in data["sources"].items()}
    return replace(document, data=_cited(data, citations, document, ()))


def _citation(entry: Any, document: Document, key: str) -> str:
    if not isinstance(entry, dict) or not entry.get("title") or set(entry) - {"title", "url"}:
        raise InputError(
            f"The source {key!r} needs a title.",
            where=document.where(("sources", key)),
            allowed='{title: "...", url: "..."}; the url may be left out',
        )
    return f"{entry['title']}, {entry['url']}" if entry.get("url") else str(entry["title"])


def _cited(node: Any, citations: dict[str, str], document: Document, at: Key) -> Any:
    if isinstance(node, list):
        return [_cited(item, citations, document, (*at, i)) for i, item in enumerate(node)]
    if not isinstance(node, dict) or at == ("sources",):
        return node
    if "source" not in node:
        if "value" in node or "rate" in node:
            raise InputError(
                "This number has no source.", where=document.where(at), remedy="add source: KEY of `sources`"
            )
        return {key: _cited(item, citations, document, (*at, key)) for key, item in node.items()}
    if node["source"] not in citations:
        raise InputError(
            f"The source {node['source']!r} is not listed.",
            where=document.where((*at, "source")),
            allowed=", ".join(citations),
            remedy=closest(node["source"], citations) or "list it under `sources:`",
        )
    return {**node, "citation": citations[node["source"]]}
