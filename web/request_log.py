"""One line of JSON for each request: which route, how long, with what answer; of nobody who asks and nobody asked about."""

from __future__ import annotations

import json
import logging
import time

from flask import Flask, Response, g, request

LOG = logging.getLogger("sise.requests")


def install(app: Flask) -> None:
    """Logs every request. Its address stays out: it names an enterprise, and what somebody looked for."""

    @app.before_request
    def begin() -> None:
        """Notes the time."""
        g.begun = time.perf_counter()

    @app.after_request
    def log(response: Response) -> Response:
        """Writes the line."""
        begun = g.get("begun")
        line = {
            "route": request.endpoint,
            "method": request.method,
            "status": response.status_code,
            "milliseconds": None if begun is None else round(1000 * (time.perf_counter() - begun), 1),
            "bytes": response.content_length,
            "audience": g.get("audience"),
        }
        LOG.info(json.dumps(line))
        return response


def to_stderr() -> None:
    """Shows the lines, with the time in UTC."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter('{"at": "%(asctime)sZ", "request": %(message)s}', "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
