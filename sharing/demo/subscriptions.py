"""What the cast subscribes to: ways of hiding, places and hours of the work each of them does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from hub.accounts.viewer import viewer_of
from hub.agencies.models import Person
from hub.database.context import viewing
from sharing.subscriptions.actions import subscribe
from sharing.subscriptions.hours.actions import hours_of, set_hours
from sharing.subscriptions.models import Channel, Frequency, Subscription
from sharing.subscriptions.wishes import Wish

INBOX, MAIL = Channel.INBOX.value, Channel.MAIL.value

# (username, for the desk, what)
WISHES: tuple[tuple[str, bool, Wish], ...] = (
    (
        "cbp.officer",
        False,
        Wish(
            "Fuel tanks, without firearms", methods=("VEH-MECH-FUEL",), words="-firearms", channels=(INBOX,)
        ),
    ),
    (
        "cbsa.officer",
        False,
        Wish("Vehicles and tires", methods=("VEH-WHEEL", "VEH-BODY", "VEH-MECH"), channels=(INBOX,)),
    ),
    (
        "cbsa.liaison",
        True,
        Wish(
            "Trailers and cargo, every Monday",
            methods=("TRK", "LOAD"),
            channels=(MAIL,),
            frequency=Frequency.WEEKLY.value,
            times=(time(7),),
        ),
    ),
    (
        "dea.agent",
        False,
        Wish("Opioids and precursors", classes=("opioid", "precursor"), channels=(INBOX, MAIL)),
    ),
    (
        "cbsa.liaison",
        False,
        Wish(
            "All that came since yesterday",
            channels=(INBOX, MAIL),
            frequency=Frequency.DAILY.value,
            times=(time(7),),
        ),
    ),
    (
        "hsi.agent",
        False,
        Wish("From China and Hong Kong", origins=("CN", "HK"), channels=(INBOX,)),
    ),
    (
        "stx.analyst",
        False,
        Wish(
            "Within 200 km of Laredo",
            ports=("P033",),
            near_km=200,
            channels=(MAIL,),
            frequency=Frequency.DAILY.value,
            times=(time(6, 30),),
        ),
    ),
    (
        "txdps.trooper",
        False,
        Wish(
            "On the road, at the turn of the shift",
            modes=("highway_stop", "commercial_truck"),
            channels=(MAIL,),
            frequency=Frequency.SHIFT.value,
            times=(time(6), time(14), time(22)),
        ),
    ),
)


# Whose mails wait for the morning, with from when until when.
NIGHTS = {"cbsa.liaison": (time(21), time(6)), "stx.analyst": (time(20), time(5))}


def load_subscriptions(at: datetime) -> int:
    """Each that is not there yet, and with the first the quiet hours; return how many were made."""
    made = 0
    for username, desk, wish in WISHES:
        who = viewer_of(Person.objects.select_related("agency").get(username=username))
        with viewing(who):
            if not Subscription.objects.visible_to(who).filter(title=wish.title).exists():
                subscribe(wish, desk=desk, viewer=who, at=at)
                made += 1
    for username, (begins, ends) in NIGHTS.items() if made else ():
        who = viewer_of(Person.objects.select_related("agency").get(username=username))
        with viewing(who):
            hours = replace(hours_of(who, desk=False), begins=begins, ends=ends)
            set_hours(hours, desk=False, viewer=who, at=at)
    return made
