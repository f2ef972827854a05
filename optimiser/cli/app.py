"""The command ``optimiser app``: the local web app."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from optimiser._io.errors import InputError
from optimiser._io.extras import needs


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("leaching-app"),
    show_default=True,
    help="To work in: jobs, own tables and models, runs of sweeps.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="To listen at; default: any that is free."
)
@click.option("--token", help="That the page needs; default: a random one.")
@click.option("--no-browser", is_flag=True, help="Do not open the page, only print its address.")
def app(folder: Path, port: int, token: str | None, no_browser: bool) -> None:
    """Open the app: a page on this machine on which all commands can be used without YAML.

    It listens at 127.0.0.1 alone, needs the token that is in its address, and asks nothing of the network.
    Every screen shows the command, and the YAML, that would do the same.

    \b
    Example: optimiser app
             optimiser app --folder . --port 8790
    """
    needs("app")
    from optimiser.app.server import serve

    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise InputError(
            f"{token!r} cannot be a token.",
            where="--token",
            allowed="printable ASCII characters",
            remedy="leave it out",
        )
    serve(folder, port, token or secrets.token_urlsafe(24), not no_browser, click.echo)
