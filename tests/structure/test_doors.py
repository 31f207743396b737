"""Records leave as disclosures: what guards the templates bites, and no serializer is made from a record's model."""

from __future__ import annotations

import pytest
from rest_framework.serializers import ModelSerializer

from bulletins.models import Bulletin, Face
from tests.doors import leaks


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (Bulletin(), {"Bulletin"}),
        ({"rows": [{"record": Bulletin()}]}, {"Bulletin"}),
        (Face.objects.none(), {"QuerySet of Face"}),
        ({"title": "Fentanyl", "rows": ["a", 1, None]}, set()),
    ],
)
def test_a_record_among_what_a_template_is_given_is_found(given, found):
    assert set(leaks(given)) == found


def test_no_serializer_is_made_from_a_model():
    import sharing.urls_api  # noqa: F401  brings every serializer in

    def below(kind):
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    assert [
        each
        for each in below(ModelSerializer)
        if each.__module__.startswith(("hub.", "bulletins.", "sharing."))
    ] == []
