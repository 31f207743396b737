"""What happened, in words: the events of the trail. One not named here is shown as it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

EVENTS = {
    "bulletin.publish": _("posted a bulletin"),
    "bulletin.amend": _("posted a new version of a bulletin"),
    "bulletin.draft": _("began a bulletin"),
    "bulletin.edit": _("edited a bulletin"),
    "bulletin.discard": _("discarded a draft"),
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
    "agreement.propose": _("proposed an agreement"),
    "agreement.change": _("changed a draft of an agreement"),
    "agreement.accept": _("put an agreement into force"),
    "agreement.decline": _("declined a draft of an agreement"),
    "agreement.suspend": _("suspended an agreement"),
    "agreement.resume": _("took an agreement up again"),
    "briefing.make": _("made a briefing"),
    "briefing.open": _("opened a briefing"),
    "briefing.download": _("downloaded a briefing"),
    "community.open": _("made a community"),
    "community.change": _("changed what a community says or when it closes"),
    "community.close": _("closed a community"),
    "community.roster": _("changed who sees the members of a community"),
    "community.invite": _("invited an agency to a community"),
    "community.ask": _("asked to join a community"),
    "community.withdraw": _("took back a request to join, or declined an invitation"),
    "community.decline": _("did not take an agency into a community"),
    "community.confirm": _("took an agency into a community"),
    "community.leave": _("left a community"),
    "community.remove": _("took an agency out of a community"),
    "agency.name_parent": _("named the agency it belongs to"),
    "agency.confirm_child": _("confirmed an agency as its own"),
    "agency.refuse_child": _("did not take an agency as its own"),
    "agency.end_parent": _("ended that two agencies belong together"),
    "endpoint.add": _("added an address for alerts"),
    "endpoint.disable": _("stopped an address for alerts"),
    "token.issue": _("issued a token"),
    "trail.read": _("read the trail"),
    "request.refused": _("asked for what is not there or not theirs"),
}


def event_in_words(event: str) -> str:
    return str(EVENTS.get(event, event))
