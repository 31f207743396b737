"""Workbooks from strangers: opened in a confined process, read as CSV, never computed."""

from .opening import Limits, Refused, as_csv

__all__ = ["Limits", "Refused", "as_csv"]
