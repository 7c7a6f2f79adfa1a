"""The pages: a Flask application over one store, a room for each audience."""

from web.app import create_app

__all__ = ["create_app"]
