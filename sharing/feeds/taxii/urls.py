"""Addresses of TAXII 2.1, each with and without a slash at its end."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from sharing.feeds.taxii import views
from sharing.feeds.taxii.inbox import Inbox

PLACES: dict[str, tuple[str, type[views.TaxiiView]]] = {
    "taxii": ("", views.Discovery),
    "taxii-root": ("hub/", views.Root),
    "taxii-status": ("hub/status/<str:status>/", views.StatusView),
    "taxii-collections": ("hub/collections/", views.Collections),
    "taxii-collection": ("hub/collections/<str:collection>/", views.CollectionView),
    "taxii-manifest": ("hub/collections/<str:collection>/manifest/", views.Manifest),
    "taxii-objects": ("hub/collections/<str:collection>/objects/", views.Objects),
    "taxii-object": ("hub/collections/<str:collection>/objects/<str:object>/", views.ObjectView),
    "taxii-versions": ("hub/collections/<str:collection>/objects/<str:object>/versions/", views.Versions),
}


def addresses(inbox: Inbox | None = None) -> list[URLPattern]:
    """`inbox` takes what is sent; where there is none, no collection for it is there either."""
    found = []
    for name, (route, view) in PLACES.items():
        found.append(path(f"taxii2/{route}", view.as_view(inbox=inbox), name=name))
        found.append(path(f"taxii2/{route}".rstrip("/"), view.as_view(inbox=inbox)))
    # Whatever else lies there: no page, and no hint.
    return [*found, re_path(r"^taxii2/", views.NoSuchAddress.as_view())]
