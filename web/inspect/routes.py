"""The inspector's room."""

from __future__ import annotations

from flask import Blueprint

from scoring.administration.inspection.photo_folder import PhotoFolder
from web.filing import Filing
from web.inspect import record_api, scan_pages, visit_pages


def blueprint(filing: Filing, photos: PhotoFolder) -> Blueprint:
    """The routes.

    Args:
        filing: Puts on file what inspectors do.
        photos: Where photographs are kept.
    """
    routes = Blueprint("inspect", __name__)
    scan_pages.add_routes(routes)
    visit_pages.add_routes(routes, filing, photos)
    record_api.add_routes(routes, filing, photos)
    return routes
