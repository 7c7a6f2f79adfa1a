"""A real Spark for tests: the Connect server that pyspark ships, on two threads of this machine.

Java is the only other thing that it needs, e.g. Debian's default-jre-headless.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

HOME = Path(pyspark.__file__).parent
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
SETTINGS = {
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.connect.grpc.binding.port": "0",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    # for some rows the time goes into planning and generated code that runs once
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}
STARTED = re.compile(r"Spark Connect server started at: \S+?:(\d+)")
SECONDS_TO_START = 120
PROCESS = "process"


class NoJavaError(Exception):
    """There is no Java on this machine."""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Address of a Connect server, which ends with the block; ``folder`` takes its files and its log.

    Raises:
        NoJavaError: There is no Java.
    """
    if shutil.which("java") is None:
        raise NoJavaError("Spark needs Java; install it, e.g. apt-get install default-jre-headless")
    log = folder / "spark.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            _command(folder), cwd=folder, env=_environment(), stdout=written, stderr=subprocess.STDOUT
        )
    (folder / PROCESS).write_text(str(process.pid))
    try:
        yield f"sc://127.0.0.1:{_port(process, log)}"
    finally:
        process.terminate()
        process.wait()


def process_of(folder: Path) -> int:
    """The number of the server's process, which is Java's own: the script that starts it becomes it."""
    return int((folder / PROCESS).read_text())


def _command(folder: Path) -> list[str]:
    settings = {**SETTINGS, "spark.sql.warehouse.dir": str(folder), "spark.local.dir": str(folder)}
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    master = ["--master", "local[2]", "--driver-memory", "2g"]
    return [str(HOME / "bin" / "spark-submit"), "--class", SERVER, *master, *options, "spark-internal"]


def _environment() -> dict[str, str]:
    return {**os.environ, "SPARK_HOME": str(HOME), "SPARK_LOCAL_IP": "127.0.0.1"}


def _port(process: subprocess.Popen[bytes], log: Path) -> str:
    """Waits until the server has said where it listens."""
    last_moment = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < last_moment and process.poll() is None:
        if started := STARTED.search(log.read_text(encoding="utf-8", errors="replace")):
            return started[1]
        time.sleep(0.2)
    raise RuntimeError(f"the Connect server did not start:\n{log.read_text(errors='replace')[-2000:]}")
