"""Addresses of communities, of joining and leaving them, and of what agencies belong to."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.communities import pages
from sharing.pages import belonging, communities, joining

urlpatterns: list[URLPattern] = [
    path("agencies/<str:code>/belonging/", belonging.belonging, name="agency_belonging"),
    path("communities/", pages.communities, name="communities"),
    path("communities/new/", communities.new_community, name="community_new"),
    path("communities/join/", joining.ask_page, name="community_join"),
    path("communities/joining/<uuid:uid>/", joining.joining_page, name="joining"),
    path("communities/<str:code>/", pages.community, name="community"),
    path("communities/<str:code>/edit/", communities.edit_community, name="community_edit"),
    path("communities/<str:code>/roster/", communities.community_roster, name="community_roster"),
    path("communities/<str:code>/close/", communities.close_community, name="community_close"),
    path("communities/<str:code>/invite/", communities.invite_agency, name="community_invite"),
    path("communities/<str:code>/leave/", communities.leave_community, name="community_leave"),
    path("communities/<str:code>/remove/<str:agency>/", communities.remove_member, name="community_remove"),
]
