"""Who runs an agency's endpoints."""

from __future__ import annotations

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role


def may_run_endpoints(viewer: Viewer) -> bool:
    """Whether the viewer decides where their agency's alerts go, and sees what was given up."""
    return viewer.agency_id is not None and viewer.can(Role.ADMIN, Role.LIAISON)
