"""What tests of posting share: a person at the form, a photograph, a store for photographs."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from PIL import Image

from tests.cast import person
from tests.publishing.author import Author


@pytest.fixture
def at_the_form(db):
    def sign_in(username: str = "cbp.officer") -> Author:
        client = Client()
        client.force_login(person(username), "allauth.account.auth_backends.AuthenticationBackend")
        return Author(username, client)

    return sign_in


@pytest.fixture
def officer(at_the_form) -> Author:
    return at_the_form("cbp.officer")


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    """Photographs of a test lie in its own folder."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "store")},
        }
    }
    return tmp_path / "store"


@pytest.fixture
def picture():
    def make(name: str = "IMG_0001.jpg", kind: str = "JPEG") -> io.BytesIO:
        out = io.BytesIO()
        Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(out, kind)
        out.seek(0)
        out.name = name
        return out

    return make
