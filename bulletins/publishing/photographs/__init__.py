"""Photographs from outside: recognised, opened in a confined process, kept only as clean copies."""

from .intake import Accepted, Limits, accept
from .refusals import Reason, Refused

__all__ = ["Accepted", "Limits", "Reason", "Refused", "accept"]
