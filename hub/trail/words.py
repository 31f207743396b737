"""What happened, in words: the events of the trail. One not named here is shown as it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

EVENTS = {
    "bulletin.publish": _("posted a bulletin"),
    "bulletin.amend": _("posted a new version of a bulletin"),
    "bulletin.draft": _("began a bulletin"),
    "bulletin.edit": _("edited a bulletin"),
    "bulletin.discard": _("discarded a draft"),
    "photograph.add": _("added a photograph"),
    "photograph.remove": _("took a photograph away"),
    "seizure.publish": _("posted a seizure report"),
    "seizure.amend": _("posted a new version of a seizure report"),
    "seizure.draft": _("began a seizure report"),
    "seizure.edit": _("edited a seizure report"),
    "seizure.discard": _("discarded a draft report"),
    "record.release": _("released a record"),
    "record.preview": _("looked at what a release would do"),
    "record.mark": _("changed a marking"),
    "record.embargo": _("set or lifted an embargo"),
    "record.recall": _("recalled a record"),
    "record.extend": _("carried releases over to a new version"),
    "record.show_as": _("looked at a record as another agency would see it"),
    "record.acknowledge": _("acknowledged a record"),
    "record.read": _("opened a record for the first time"),
    "search.run": _("searched"),
    "person.sign_in": _("signed in"),
    "person.sign_out": _("signed out"),
    "draft.list": _("looked for drafts"),
    "briefing.make": _("made a briefing"),
    "briefing.open": _("opened a briefing"),
    "briefing.download": _("downloaded a briefing"),
    "endpoint.add": _("added an address for alerts"),
    "endpoint.disable": _("stopped an address for alerts"),
    "token.issue": _("issued a token"),
    "trail.read": _("read the trail"),
    "request.refused": _("asked for what is not there or not theirs"),
}


def event_in_words(event: str) -> str:
    return str(EVENTS.get(event, event))
