"""The screen More: every other command, with a form that is made of the command's own options."""

from __future__ import annotations

from collections.abc import Mapping
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
from optimiser.app.shared import REPORT
from optimiser.app.state import State, state_of
from optimiser.app.workspace import check_name
from optimiser.surrogate.artefact import known_artefacts

#: The commands by their names, and what each is for in a few words. The others have screens of their own.
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
}
#: What the page decides: where a report goes, that nothing is replaced, how an answer is printed.
_DECIDED = frozenset(
    {"out", "force", "as_json", "table", "folds", "card", "selected", "refit", "fold", "source", "help"}
)
_LEFT_OUT = {("list", "problem"), ("evaluate", "surrogate")}
#: Options whose values are files of the workspace, or names that could be paths: the page chooses from what
#: is there.
_CHOSEN = {
    "problem": "question",
    "config": "question",
    "front": "front",
    "run": "run",
    "surrogate": "model",
    "file": "upload",
    "mapping": "upload",
    **{kind: kind for kind in KINDS},
}
#: Files that a command writes where it makes no report.
_OUT = {
    "export brightway": f"{HERE}/inventory.xlsx",
    "impacts import workbook": "tables",
    "impacts import brightway": "tables",
}


@dataclass(frozen=True)
class FormField:
    """One option of a command, as the form has it.

    Attributes:
        name: of the option.
        label: as the command line writes it.
        about: what the command says of it.
        kind: ``flag``, ``number``, ``choice``, ``text``, ``texts`` (a line each), ``upload``, or a list of
            what is in the workspace.
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
    """Return a command of `COMMANDS`.

    Raises:
        InputError: it is none of them.
    """
    from optimiser.cli.main import cli

    one_of(name, COMMANDS, "command")
    found: click.Command = cli
    for part in name.split():
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), part)
        assert inner is not None
        found = inner
    return found


def fields_of(name: str, state: State) -> list[FormField]:
    """Return the options of a command, those that the page decides left out."""
    there = _there(state)
    return [
        _field(parameter, there)
        for parameter in command_named(name).params
        if parameter.name not in _DECIDED and (name, parameter.name) not in _LEFT_OUT
    ]


def _there(state: State) -> dict[str, tuple[str, ...]]:
    """Return what can be chosen, by kind."""
    runs = tuple(f"{job.id} · {job.title}" for job in runs_of(state.jobs))
    own = own_tables(state.workspace)
    return {
        "question": (*builtin.names("problems"), *builtin.names("configs")),
        "front": runs,
        "run": runs,
        "model": tuple(known_artefacts()),
        **{kind: tuple(table.name for table in own[kind]) for kind in KINDS},
    }


def _field(parameter: click.Parameter, there: Mapping[str, tuple[str, ...]]) -> FormField:
    name = str(parameter.name)
    argument = isinstance(parameter, click.Argument)
    kind, values = _CHOSEN.get(name, ""), there.get(_CHOSEN.get(name, ""), ())
    if not kind and isinstance(parameter.type, click.Choice):
        kind, values = "choice", tuple(map(str, parameter.type.choices))
    elif not kind and getattr(parameter, "is_flag", False):
        kind = "flag"
    elif not kind and isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType):
        kind = "number"
    elif not kind:
        kind = "texts" if parameter.multiple else "text"
    about = getattr(parameter, "help", None) or ""
    shown = getattr(parameter, "metavar", None)
    usual = parameter.get_default(click.Context(click.Command("x")), call=False)
    plain = isinstance(usual, str | int | float) and not isinstance(usual, bool)
    return FormField(
        name,
        name.upper() if argument else parameter.opts[-1],
        f"{about} ({shown})" if shown else about,
        kind,
        values,
        parameter.required,
        str(usual) if plain else "",
        argument,
    )


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("more", commands=COMMANDS)


async def form(request: Request) -> JSONResponse:
    """Return the form of the command that ``?command=`` names."""
    name = request.query_params.get("command", "")
    found = await run_in_threadpool(fields_of, name, state_of(request))
    about = " ".join((command_named(name).help or "").split("\b")[0].split())
    return JSONResponse({"command": name, "about": about, "fields": [asdict(one) for one in found]})


async def start(request: Request) -> JSONResponse:
    """Start a command, or with ``?dry`` only say which it is."""
    state, wanted = state_of(request), await message(request, Form)
    arguments = await run_in_threadpool(arguments_of, state, wanted)
    if "dry" in request.query_params:
        return JSONResponse({"command": command_of([one.replace(HERE, "JOB") for one in arguments])})
    about = {"command": wanted.command, "values": wanted.values}
    job = await run_in_threadpool(state.jobs.add, "more", COMMANDS[wanted.command], arguments, None, about)
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
            told = _value(state, field, text)
            alone += [told] if field.argument else []
            named += [] if field.argument else [f"{field.label}={told}"]
    if any(text.startswith("-") for text in alone):
        raise InputError("What is asked about cannot begin with -.", remedy="choose one of the list")
    return [*wanted.command.split(), *alone, *named, *_output(wanted.command)]


def _value(state: State, field: FormField, text: str) -> str:
    """Return what a field's text is to the command: paths of what is there, never of what was typed."""
    workspace = state.workspace
    if field.kind == "question" and text.startswith("upload:"):
        return problem_named(state, text.removeprefix("upload:"))
    if field.kind == "upload":
        return workspace.relative(workspace.uploaded(text.removeprefix("upload:")))
    if field.kind in ("front", "run"):
        one_of(text, field.values, field.name)
        folder = state.jobs.folder(text.split(" ", 1)[0]) / REPORT
        return workspace.relative(folder / "front.csv" if field.kind == "front" else folder)
    if field.kind in KINDS:
        one_of(text, field.values, field.name)
        return next(table.path for table in own_tables(workspace)[field.kind] if table.name == text)
    if field.kind in ("question", "model", "choice"):
        return one_of(text, field.values, field.name)
    return check_name(text, "a table", "name") if field.name == "name" else text


def _output(name: str) -> list[str]:
    """Return where a command writes: into its job, or own tables into the workspace's."""
    if name in _OUT:
        return [f"--out={_OUT[name]}"]
    reports = any(parameter.name == "out" for parameter in command_named(name).params) and name != "evaluate"
    return [f"--out={HERE}/{REPORT}"] if reports else []


ROUTES = [
    Route("/more", show),
    Route("/more/form", form),
    Route("/more/start", start, methods=["POST"]),
]
