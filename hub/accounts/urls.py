"""Signing in and out, and changing one's password. Of allauth's pages only those that the hub offers.

Nobody signs up, and a lost password is an agency admin's to renew; the second factor's pages come beside these.
"""

from __future__ import annotations

from allauth.account import views
from django.urls import path

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
]
