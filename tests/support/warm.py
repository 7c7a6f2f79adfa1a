"""Commands as processes of their own that start at once: forked from one that has the libraries loaded.

    python warm.py SOCKET          the process that forks; it ends when its standard input does

Before the fork the libraries are loaded, and of the project what stands below the command line: nothing in it looks at
the environment or the folder when it is imported. The command line itself is read by each process anew, after both are
set, as ``python -m`` would: its two streams take their width from there.
"""

from __future__ import annotations

import array
import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

LIBRARIES = (
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "duckdb",
    "ibis",
    "ibis.backends.duckdb",
    "sqlalchemy.orm",
    "alembic.command",
    "pydantic",
    "typer",
    "rich.progress",
    "rich.table",
    "PIL.ImageDraw",
    "qrcode",
    "interpret.glassbox",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "openpyxl",
)
"""What the command line loads that is not ours."""
EDGE = "scoring.cli"
"""The command line, and everything that each process reads for itself."""
MOST = 1 << 20
"""Bytes of a call."""
STREAMS = 3


def serve(address: str) -> None:
    """Forks a process for each call, until standard input ends."""
    _load()
    # Nobody waits for those that answer the calls.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            call, _ = listener.accept()
            with call:
                if os.fork() == 0:
                    listener.close()
                    _answer(call)


def _load() -> None:
    for name in (*LIBRARIES, EDGE):
        importlib.import_module(name)
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{EDGE}.")]:
        del sys.modules[name]
    # What is loaded stays: no child need look through it for garbage, nor copy it for that.
    gc.collect()
    gc.freeze()


def _answer(call: socket.socket) -> NoReturn:
    """Runs one command in a process of its own and sends its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, ancillary, _, _ = call.recvmsg(MOST, socket.CMSG_LEN(STREAMS * array.array("i").itemsize))
    streams = array.array("i")
    streams.frombytes(ancillary[0][2])
    while not message.endswith(b"\n"):
        message += call.recv(MOST)
    asked = json.loads(message)
    child = os.fork()
    if child == 0:
        call.close()
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        _run(**asked)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    call.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(arguments: list[str], environment: dict[str, str], folder: str) -> NoReturn:
    """What ``python ARGUMENTS`` does, with ``-m MODULE`` or a file."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    is_module = arguments[0] == "-m"
    what, *rest = arguments[1:] if is_module else arguments
    sys.argv = [what, *rest]
    try:
        if is_module:
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(what, run_name="__main__")
        code: Any = 0
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(int(code or 0))


@contextmanager
def warmed(root: Path) -> Iterator[str]:
    """Starts the process that forks; gives its address."""
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        address = str(Path(folder) / "calls")
        environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, str(Path(__file__)), address]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=root, env=environment) as server:
            try:
                yield address
            finally:
                server.stdin.close()  # type: ignore[union-attr]
                server.wait()


def call(
    address: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
    streams: Sequence[int],
) -> int:
    """Runs ``python ARGUMENTS`` with these standard streams; its exit code."""
    asked = {"arguments": list(arguments), "environment": dict(environment), "folder": folder}
    with socket.socket(socket.AF_UNIX) as to:
        _connect(to, address)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))]
        message = json.dumps(asked).encode() + b"\n"
        sent = to.sendmsg([message], ancillary)
        to.sendall(message[sent:])
        return int(to.recv(16) or b"-1")


def _connect(to: socket.socket, address: str) -> None:
    """Connects, and waits where the libraries are still being loaded."""
    for _ in range(600):
        try:
            to.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.1)
        else:
            return
    raise ConnectionError(f"nobody listens at {address}")


def completed(
    address: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """What ``subprocess.run`` gives for ``python ARGUMENTS``, with its output as text."""
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        open(os.devnull, "rb") as nothing,
    ):
        streams = [stream.fileno() for stream in (nothing, output, errors)]
        code = call(address, arguments, environment, str(folder), streams)
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8"))
    return subprocess.CompletedProcess(list(arguments), code, *texts)


if __name__ == "__main__":
    serve(sys.argv[1])
