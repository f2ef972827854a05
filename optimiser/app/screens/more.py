"""The screen More: every command, with a form that is made of the command's own options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import click
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.app.dropped import problem_named
from optimiser.app.jobs import HERE, command_of
from optimiser.app.messages import Message, message, one_of
from optimiser.app.own import KINDS, own_tables
from optimiser.app.pages import page
from optimiser.app.screens.front import runs_of
from optimiser.app.screens.results import bases, site_names
from optimiser.app.shared import REPORT
from optimiser.app.state import State, state_of
from optimiser.app.workspace import check_name
from optimiser.surrogate.artefact import known_artefacts
from optimiser.sweeps.store import open_store

#: The commands that have no screen of their own, and what each is for in a few words.
COMMANDS = {
    "compare-acids": "Every acid alone, with equal effort",
    "breakeven": "Where another acid takes over",
    "nearest": "The published experiments nearest to a design",
    "explain": "What drives the yields of a design",
    "sensitivity": "How sure a design's figures are",
    "kinetics": "Activation energies",
    "check": "Find mistakes in a problem or config",
    "list": "What can be named, with the numbers behind it",
    "evaluate": "The accuracy of yield models on held-out data",
    "export brightway": "A design's inventory for Brightway",
    "impacts import workbook": "Impact factors from a workbook",
    "impacts import brightway": "Impact factors from a Brightway project",
    "data install": "Download the training table",
    "train": "A yield model from a training table",
    "runs prune": "Remove runs from the store",
}
#: The others: what each is for, and the screen that asks for most of it.
ON_SCREENS = {
    "ask": ("The best design for a question", "ask"),
    "run": ("Search, and write the report", "ask"),
    "choose": ("A design of a run, by what counts", "front"),
    "compare": ("Two runs side by side", "runs"),
    "predict": ("Predict a table of designs", "predict"),
    "scenarios": ("A table of designs over ranges", "scenarios"),
    "learn": ("A site model from own results", "results"),
    "forget": ("A site model without some results", "results"),
    "suggest": ("Which experiments to do next", "results"),
    "tables export": ("Acids, prices and factors as tables", "tables"),
    "sweep": ("One question asked many times", "runs"),
    "runs list": ("The runs of the store", "runs"),
    "runs show": ("One run of the store", "runs"),
    "runs compare": ("Two runs of the store", "runs"),
}
_TITLES = COMMANDS | {name: title for name, (title, _) in ON_SCREENS.items()}
#: Options that are not asked for, and why: of one command, or of all that do not stand in `_KINDS`.
_LEFT_OUT = {
    ("", "out"): "what is written goes into the job's own folder, and is linked here",
    ("", "force"): "a job has a folder of its own, so nothing is there to be replaced",
    ("", "store"): "the store is that of the screen Runs",
    ("sweep", "out"): "the store is that of the screen Runs",
    (
        "impacts import workbook",
        "out",
    ): "the table is kept among your own; a draft is linked here",
    ("impacts import brightway", "out"): "the table is kept among your own",
    ("tables export", "folder"): "the tables go into the job's own folder, and are linked here",
    ("run", "resume"): "a search that was stopped goes on by itself when the app starts again",
    ("train", "system"): "the screen Any table asks for that, with your table in sight",
    ("evaluate", "folds"): "predictions that are fitted anew go into the job's own folder; otherwise those "
    "that ship count",
}
#: Options whose values are files of the workspace, or names that could be paths: the page chooses from what
#: is there.
_CHOSEN = {
    "problem": "question",
    "config": "question",
    "sweep": "sweep",
    "front": "front",
    "run": "run",
    "first": "run",
    "second": "run",
    "surrogate": "model",
    "base": "base",
    "file": "upload",
    "mapping": "upload",
    "results": "upload",
    "source": "upload",
    "table": "upload",
    **{kind: kind for kind in KINDS},
}
#: The kind of an option where its name alone does not tell; or the files that it may write, by their names.
_KINDS: dict[tuple[str, str], str | tuple[str, ...]] = {
    ("evaluate", "out"): ("figures.csv", "figures.yaml"),
    ("evaluate", "card"): ("MODEL_CARD.md",),
    ("export brightway", "out"): ("inventory.xlsx", "inventory.json"),
    ("forget", "name"): "site",
    ("impacts import brightway", "force"): "flag",
    ("impacts import brightway", "name"): "name",
    ("impacts import workbook", "force"): "flag",
    ("impacts import workbook", "name"): "name",
    ("learn", "add"): "flag",
    ("learn", "force"): "flag",
    ("learn", "name"): "name",
    ("learn", "report"): (REPORT,),
    ("learn", "template"): ("template.csv", "template.xlsx"),
    ("predict", "out"): ("predicted.csv", "predicted.xlsx", "predicted.parquet"),
    ("predict", "problem"): "problem",
    ("predict", "report"): (REPORT,),
    ("runs list", "csv"): ("runs.csv", "runs.xlsx"),
    ("runs list", "sweep"): "made",
    ("runs show", "run"): "text",
    ("scenarios", "out"): ("scenarios.csv", "scenarios.xlsx"),
    ("scenarios", "problem"): "problem",
    ("suggest", "out"): ("sheet.xlsx",),
    ("train", "force"): "flag",
    ("train", "out"): "name",
}
_STORE = "store"


@dataclass(frozen=True)
class FormField:
    """One option of a command, as the form has it.

    Attributes:
        name: of the option.
        label: as the command line writes it.
        about: what the command says of it.
        kind: ``flag``, ``number``, ``choice``, ``text``, ``texts`` (a line each), ``name`` (of what is made),
            ``written`` (a file that is made), ``upload``, or a list of what is in the workspace.
        values: to choose from.
        required: whether it must be given.
        usual: its default as text.
        argument: whether it stands without a name.
    """

    name: str
    label: str
    about: str
    kind: str
    values: tuple[str, ...]
    required: bool
    usual: str
    argument: bool


class Form(Message):
    """A command and its options; texts that are empty are left out."""

    command: str
    values: dict[str, bool | str | list[str]] = Field(max_length=50)


def command_named(name: str) -> click.Command:
    """Return a command of `COMMANDS` or `ON_SCREENS`.

    Raises:
        InputError: it is none of them.
    """
    from optimiser.cli.main import cli

    if not one_of(name, _TITLES, "command"):
        raise InputError("No command is chosen.", key=("command",), remedy="choose one of the list")
    found: click.Command = cli
    for part in name.split():
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), part)
        assert inner is not None
        found = inner
    return found


def fields_of(name: str, state: State) -> list[FormField]:
    """Return the options of a command that its form asks for."""
    return [
        _field(name, parameter, state)
        for parameter in command_named(name).params
        if not _why_left_out(name, parameter)
    ]


def left_out(name: str) -> dict[str, str]:
    """Return why the form of a command leaves options out, by what the command line calls them."""
    found = {_label(one): _why_left_out(name, one) for one in command_named(name).params}
    return {label: why for label, why in found.items() if why}


def _why_left_out(command: str, parameter: click.Parameter) -> str:
    key = (command, str(parameter.name))
    return "" if key in _KINDS else _LEFT_OUT.get(key) or _LEFT_OUT.get(("", key[1]), "")


def _there(kind: str, state: State) -> tuple[str, ...]:
    """Return what there is of a kind to choose from."""
    if kind in KINDS:
        return tuple(table.name for table in own_tables(state.workspace)[kind])
    if kind in ("front", "run"):
        return tuple(f"{job.id} · {job.title}" for job in runs_of(state.jobs))
    if kind == "made":
        return tuple(open_store(state.workspace.store).sweeps()) if state.workspace.store.exists() else ()
    known: dict[str, Callable[[], Iterable[str]]] = {
        "question": lambda: (*builtin.names("problems"), *builtin.names("configs")),
        "problem": lambda: builtin.names("problems"),
        "sweep": lambda: builtin.names("sweeps"),
        "model": known_artefacts,
        "base": bases,
        "site": site_names,
    }
    return tuple(known[kind]()) if kind in known else ()


def _label(parameter: click.Parameter) -> str:
    """Return what the command line calls an option."""
    if isinstance(parameter, click.Argument):
        return str(parameter.name).upper()
    return next(name for name in parameter.opts if name.startswith("--"))


def _kind(command: str, parameter: click.Parameter) -> str | tuple[str, ...]:
    """Return the kind of an option; of one that writes a file the names that it may have."""
    name = str(parameter.name)
    if (command, name) in _KINDS:
        return _KINDS[command, name]
    if getattr(parameter, "is_flag", False):
        return "flag"
    if name in _CHOSEN:
        return _CHOSEN[name]
    if isinstance(parameter.type, click.Choice):
        return "choice"
    if getattr(parameter, "multiple", False):
        return "texts"
    numbers = click.types.IntParamType | click.types.FloatParamType
    return "number" if isinstance(parameter.type, numbers) else "text"


def _field(command: str, parameter: click.Parameter, state: State) -> FormField:
    kind = _kind(command, parameter)
    values = kind if isinstance(kind, tuple) else _there(kind, state)
    if kind == "choice" and isinstance(parameter.type, click.Choice):
        values = tuple(map(str, parameter.type.choices))
    about = getattr(parameter, "help", None) or ""
    shown = getattr(parameter, "metavar", None)
    usual = parameter.get_default(click.Context(click.Command("x")), call=False)
    plain = isinstance(usual, str | int | float) and not isinstance(usual, bool)
    return FormField(
        str(parameter.name),
        _label(parameter),
        f"{about} ({shown})" if shown else about,
        kind if isinstance(kind, str) else "written",
        values,
        parameter.required or (command, parameter.name) == ("train", "out"),  # its usual one ships
        str(usual) if plain else "",
        isinstance(parameter, click.Argument),
    )


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("more", commands=COMMANDS, on_screens=ON_SCREENS)


async def form(request: Request) -> JSONResponse:
    """Return the form of the command that ``?command=`` names."""
    name = request.query_params.get("command", "")
    found = await run_in_threadpool(fields_of, name, state_of(request))
    about = " ".join((command_named(name).help or "").split("\b")[0].split())
    told = {"command": name, "title": _TITLES[name], "about": about, "left_out": left_out(name)}
    return JSONResponse({**told, "fields": [asdict(one) for one in found]})


async def start(request: Request) -> JSONResponse:
    """Start a command, or with ``?dry`` only say which it is."""
    state, wanted = state_of(request), await message(request, Form)
    arguments = await run_in_threadpool(arguments_of, state, wanted)
    if "dry" in request.query_params:
        here = [one.replace(f"{HERE}/", "").replace(HERE, ".") for one in arguments]
        return JSONResponse({"command": command_of(here)})
    about = {"command": wanted.command, "values": wanted.values}
    job = await run_in_threadpool(state.jobs.add, "more", _TITLES[wanted.command], arguments, None, about)
    return JSONResponse(state.jobs.record(job))


def arguments_of(state: State, wanted: Form) -> list[str]:
    """Return the arguments of ``optimiser`` that a filled form stands for.

    Raises:
        InputError: an option is missing, unknown, or names what is not there.
    """
    fields = {field.name: field for field in fields_of(wanted.command, state)}
    if unknown := set(wanted.values) - set(fields):
        raise InputError(f"{wanted.command} has no option {sorted(unknown)[0][:50]!r}.")
    named, alone = list[str](), list[str]()
    for name, field in fields.items():
        value = wanted.values.get(name, "")
        texts = [
            text.strip() for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)
        ]
        texts = [text for text in texts if text]
        if field.kind == "flag":
            named += [field.label] if value is True else []
            continue
        if field.required and not texts:
            raise InputError(f"{field.label} is missing.", key=(name,), remedy="fill it in")
        for text in texts:
            told = _value(state, wanted.command, field, text)
            alone += [told] if field.argument else []
            named += [] if field.argument else [f"{field.label}={told}"]
    if any(text.startswith("-") for text in alone):
        raise InputError("What is asked about cannot begin with -.", remedy="choose one of the list")
    return [*wanted.command.split(), *alone, *named, *_places(wanted.command, named)]


def _value(state: State, command: str, field: FormField, text: str) -> str:
    """Return what a field's text is to the command: paths of what is there, never of what was typed."""
    workspace = state.workspace
    if field.kind in ("question", "problem", "sweep") and text.startswith("upload:"):
        return problem_named(state, text.removeprefix("upload:"))
    if field.kind == "upload":
        return workspace.relative(workspace.uploaded(text.removeprefix("upload:")))
    if field.kind == "name":
        return _new_name(command, field, text)
    if field.kind in ("text", "texts", "number"):
        return text
    one_of(text, field.values, field.name)
    if field.kind in ("front", "run"):
        folder = state.jobs.folder(text.split(" ", 1)[0]) / REPORT
        return workspace.relative(folder / "front.csv" if field.kind == "front" else folder)
    if field.kind in KINDS:
        return next(table.path for table in own_tables(workspace)[field.kind] if table.name == text)
    return f"{HERE}/{text}" if field.kind == "written" else text


def _new_name(command: str, field: FormField, text: str) -> str:
    """Return the name that a user gives to what a command makes, or its path; nothing that ships has it."""
    if command.startswith("impacts"):
        return check_name(text, "a table", field.name)
    check_name(text, "a yield model", field.name)
    if (builtin.folder("models") / text).exists():
        raise InputError(
            f"{text} is the name of a model that ships.", key=(field.name,), remedy="choose another name"
        )
    return f"models/{text}" if field.name == "out" else text


def _places(command: str, named: Sequence[str]) -> list[str]:
    """Return where a command with these options writes: its job's folder, own tables, or the store."""
    if command == "sweep":
        return [f"--out={_STORE}"]
    if command == "tables export":
        return [f"{HERE}/tables"]
    if command.startswith("impacts"):
        mapped = any(option.startswith("--mapping=") for option in named)
        return [f"--out={HERE}" if command == "impacts import workbook" and not mapped else "--out=tables"]
    if command == "evaluate":  # what is fitted anew would replace the predictions that ship
        one = any(option.startswith("--fold=") for option in named)
        return [f"--folds={HERE}/folds"] if "--refit" in named and not one else []
    names = {parameter.name for parameter in command_named(command).params}
    if "store" in names:
        return [_STORE]
    return [f"--out={HERE}/{REPORT}"] if "out" in names and (command, "out") not in _KINDS else []


ROUTES = [
    Route("/more", show),
    Route("/more/form", form),
    Route("/more/start", start, methods=["POST"]),
]
