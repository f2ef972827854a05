"""Install the training table: download pinned by hash into the user's cache, or take it from a file."""

from __future__ import annotations

import shutil
from pathlib import Path

from optimiser._io.errors import InputError
from optimiser.surrogate.training_table import sha256_of

FILE_NAME = "input_913pts_250407.xlsx"
URL = (
    "https://raw.githubusercontent.com/andrenog/LIB-Leaching-Toolkit/v1.0.2/model_training/data/" + FILE_NAME
)
SHA256 = "822e9be02ff2cd4e52b26ad0b375502a299047f2b5652097ff9ba8bb9f8123ea"
_OFFLINE = "download it elsewhere and run `optimiser data install --from FILE`"


def cache_folder() -> Path:
    """Return the folder of the user's cache that keeps the training table."""
    import pooch

    return Path(pooch.os_cache("leaching-optimiser"))


def install(
    source: Path | None = None, *, url: str = URL, sha256: str = SHA256, cache: Path | None = None
) -> Path:
    """Put the training table into the cache, checked by its hash; do nothing if it is already there.

    Args:
        source: a copy of the table on disk; left out, it is downloaded.
        url: where to download it.
        sha256: what it must hash to.
        cache: folder to put it in; the user's cache if left out.

    Returns:
        The path of the installed table.

    Raises:
        InputError: no such file, no connection, another file than the pinned one, or a cache that cannot be
            written. What was in the cache stays as it was.
    """
    target = (cache or cache_folder()) / FILE_NAME
    if source is not None:
        return _copy(source, target, sha256)
    return _download(url, target, sha256)


def installed(cache: Path | None = None, *, sha256: str = SHA256) -> Path:
    """Return the path of the installed training table.

    Raises:
        InputError: it is not installed, or is no longer the file that was.
    """
    target = (cache or cache_folder()) / FILE_NAME
    if not target.is_file():
        raise InputError(
            "The training table is not installed.", where=str(target), remedy="run `optimiser data install`"
        )
    if sha256_of(target) != sha256:
        raise InputError(
            "The installed training table was changed.",
            where=str(target),
            allowed=f"the file with sha256 {sha256}",
            remedy="run `optimiser data install` to replace it",
        )
    return target


def _copy(source: Path, target: Path, sha256: str) -> Path:
    found = sha256_of(source)
    if found != sha256:
        raise _wrong_file(str(source), found, sha256)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        try:
            shutil.copyfile(source, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(target, error) from None
    return target


def _download(url: str, target: Path, sha256: str) -> Path:
    import logging

    import pooch

    # pooch reports each download on stderr; the command line says it in its own words
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(target, error) from None
    try:
        # pooch writes to a temporary file beside the target and moves it only when the hash is right
        path = pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname=target.name,
            path=target.parent,
            downloader=_fetch,
        )
    except ValueError as error:
        if "hash" not in str(error).lower():
            raise InputError(f"{url} cannot be downloaded: {error}.", remedy=_OFFLINE) from None
        raise _wrong_file(url, "another one", sha256) from None
    except OSError as error:  # requests' own errors are OSErrors too
        raise InputError(
            f"The training table cannot be downloaded: {_reason(error)}.", where=url, remedy=_OFFLINE
        ) from None
    return Path(path)


def _fetch(url: str, output_file: str, _pooch: object) -> None:
    """Download to a file; unlike pooch's own, it closes the connection when something goes wrong."""
    import requests

    with requests.get(url, stream=True, timeout=30) as response, Path(output_file).open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_content(1 << 16):
            file.write(chunk)


def _reason(error: OSError) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut off"
    if isinstance(error, requests.ConnectionError):
        cut_off = "IncompleteRead" in str(error) or "broken" in str(error)
        return "the connection was cut off" if cut_off else "there is no connection to the server"
    return str(error)


def _wrong_file(where: str, found: str, sha256: str) -> InputError:
    return InputError(
        "This is not the training table the product is built on.",
        where=f"{where} (its sha256 is {found})",
        allowed=f"{FILE_NAME} of the LIB Leaching Toolkit v1.0.2, sha256 {sha256}",
        remedy="take it from " + URL,
    )


def _not_written(target: Path, error: OSError) -> InputError:
    return InputError(
        f"The training table cannot be put into the cache: {error}.",
        where=str(target),
        remedy="free space or mend the permissions of that folder",
    )
