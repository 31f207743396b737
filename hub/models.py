"""The models of the hub app, gathered from its stages."""

from hub.accounts.models import Token
from hub.agencies.models import Agency, Person
from hub.rest.models import Done
from hub.trail.models import HeadMail, Seal, TrailNumber, TrailRow

__all__ = ["Agency", "Done", "HeadMail", "Person", "Seal", "Token", "TrailNumber", "TrailRow"]
