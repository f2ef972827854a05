"""Install the training table: download pinned by hash into the user's cache, or take it from a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import platformdirs

from optimiser._io.errors import InputError
from optimiser._io.extras import needs
from optimiser.surrogate.training_table import sha256_of

FILE_NAME = "input_913pts_250407.xlsx"
URL = (
    "https://raw.githubusercontent.com/andrenog/LIB-Leaching-Toolkit/v1.0.2/model_training/data/" + FILE_NAME
)
SHA256 = "822e9be02ff2cd4e52b26ad0b375502a299047f2b5652097ff9ba8bb9f8123ea"
_OFFLINE = "download it elsewhere and run `optimiser data install --from FILE`"


def cache_folder() -> Path:
    """Return the folder of the user's cache that keeps the training table."""
    return Path(platformdirs.user_cache_dir("leaching-optimiser"))


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
    try:
        if source is None:
            target.parent.mkdir(parents=True, exist_ok=True)
        else:
            _copy(source, target, sha256)
    except OSError as error:
        raise InputError(
            f"The training table cannot be put into the cache: {error}.",
            where=str(target),
            remedy="free space or mend the permissions of that folder",
        ) from None
    if source is None:
        _download(url, target, sha256)
    return target


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


def _copy(source: Path, target: Path, sha256: str) -> None:
    found = sha256_of(source)
    if found != sha256:
        raise _wrong_file(f"{source} (its sha256 is {found})", sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _download(url: str, target: Path, sha256: str) -> None:
    import logging

    needs("train")
    import pooch

    # pooch reports each download on stderr; the command line says it in its own words
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        # written to a temporary file beside the target, and moved only when the hash is right
        pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=30),
        )
    except ValueError as error:
        if "hash" in str(error).lower():
            raise _wrong_file(url, sha256) from None
        raise InputError(f"{url} cannot be downloaded: {error}.", remedy=_OFFLINE) from None
    except OSError as error:  # as all errors of its HTTP client are
        answer = getattr(error, "response", None)
        reason = (
            "there is no connection to the server, or it was cut off"
            if answer is None
            else f"the server answered {answer.status_code} {answer.reason}"
        )
        raise InputError(
            f"The training table cannot be downloaded: {reason}.", where=url, remedy=_OFFLINE
        ) from None


def _wrong_file(where: str, sha256: str) -> InputError:
    return InputError(
        "This is not the training table the product is built on.",
        where=where,
        allowed=f"{FILE_NAME} of the LIB Leaching Toolkit v1.0.2, sha256 {sha256}",
        remedy="take it from " + URL,
    )
