"""The training table arrives whole and unchanged, or not at all: against a server on this machine."""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from optimiser._io.errors import InputError
from optimiser.surrogate.data import FILE_NAME, SHA256, URL, install, installed

RIGHT = b"the table" * 1000
#: pooch leaves an answer that failed to the garbage collector, which closes it with a warning.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
HASH = hashlib.sha256(RIGHT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = self.path.strip("/")
        body = b"something else" if kind == "wrong" else RIGHT
        if kind == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "cut" else body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_download(server: str, tmp_path: Path) -> None:
    path = install(url=f"{server}/right", sha256=HASH, cache=tmp_path / "cache")
    assert path.read_bytes() == RIGHT
    assert files(tmp_path / "cache") == [FILE_NAME]
    assert installed(tmp_path / "cache", sha256=HASH) == path


def test_installed_table_is_not_fetched_again(server: str, tmp_path: Path) -> None:
    path = install(url=f"{server}/right", sha256=HASH, cache=tmp_path)
    assert install(url="http://127.0.0.1:9/nobody", sha256=HASH, cache=tmp_path) == path


def test_changed_table_is_fetched_again(server: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"edited")
    assert install(url=f"{server}/right", sha256=HASH, cache=tmp_path).read_bytes() == RIGHT


@pytest.mark.parametrize(
    ("kind", "said"),
    [("wrong", "not the training table"), ("cut", "cut off"), ("missing", "answered 404")],
)
def test_bad_answers_leave_nothing(server: str, tmp_path: Path, kind: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        install(url=f"{server}/{kind}", sha256=HASH, cache=tmp_path)
    assert server in str(caught.value)
    assert files(tmp_path) == []


def test_no_server(tmp_path: Path) -> None:
    import socket

    with socket.socket() as probe:  # a port that is bound but not listened on refuses
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/right"
        with pytest.raises(InputError, match="no connection") as caught:
            install(url=url, sha256=HASH, cache=tmp_path)
    assert "--from FILE" in str(caught.value)
    assert files(tmp_path) == []


def test_bad_answer_keeps_what_was_there(server: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"older")
    with pytest.raises(InputError):
        install(url=f"{server}/cut", sha256=HASH, cache=tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b"older"


def test_from_file(tmp_path: Path) -> None:
    source = tmp_path / "copy.xlsx"
    source.write_bytes(RIGHT)
    path = install(source, sha256=HASH, cache=tmp_path / "cache")
    assert path.read_bytes() == RIGHT
    assert files(tmp_path / "cache") == [FILE_NAME]


def test_from_wrong_file(tmp_path: Path) -> None:
    source = tmp_path / "copy.xlsx"
    source.write_bytes(b"no")
    with pytest.raises(InputError, match="not the training table") as caught:
        install(source, cache=tmp_path / "cache")
    assert SHA256 in str(caught.value) and URL in str(caught.value)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["nowhere.xlsx", "."])
def test_from_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"does not exist|is a directory"):
        install(tmp_path / name, cache=tmp_path / "cache")


def test_cache_that_cannot_be_written(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for source in (None, tmp_path / "source"):
        (tmp_path / "source").write_bytes(RIGHT)
        with pytest.raises(InputError, match="cannot be put into the cache"):
            install(source, url=f"{server}/right", sha256=HASH, cache=tmp_path / "file" / "cache")


def test_not_installed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not installed") as caught:
        installed(tmp_path)
    assert "optimiser data install" in str(caught.value)


def test_changed_after_installation(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"edited")
    with pytest.raises(InputError, match="was changed"):
        installed(tmp_path)


def test_the_pinned_hash_is_that_of_the_table(training_table: Path, tmp_path: Path) -> None:
    assert install(training_table, cache=tmp_path).name == training_table.name
