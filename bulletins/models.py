"""The models of the bulletins app, gathered from its stages."""

from bulletins.faces.models import Face, Found
from bulletins.publishing.models import Bulletin, Photograph, SourceLink
from bulletins.records.models import Identifier, Record, Substance, Version
from bulletins.seizures.models import SeizureReport
from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port

__all__ = [
    "Bulletin",
    "Detection",
    "Drug",
    "Face",
    "Found",
    "Identifier",
    "Method",
    "Mode",
    "Photograph",
    "Port",
    "Record",
    "SeizureReport",
    "SourceLink",
    "Substance",
    "Version",
]
