"""The pages: a small Flask application that reads one store and writes nothing."""

from web.app import create_app

__all__ = ["create_app"]
