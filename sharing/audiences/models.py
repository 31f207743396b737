"""Grants, withdrawals, and the entries that number both after commit."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from bulletins.faces.models import Face, FaceColumns
from bulletins.records.models import Kind, Record
from hub.agencies.models import Agency
from sharing.agreements.models import Agreement
from sharing.audiences.querysets import InboxQuerySet, StandingQuerySet, WithdrawalQuerySet
from sharing.emergencies.models import Emergency
from sharing.releases.models import Recall, Release


class Grant(GroupObjectPermissionBase):
    """(record, agency) -> face: a guardian direct-foreign-key row. Past `until` it denies.

    `release` is empty on the owner's own. `person` is set for somebody named at TLP:RED; `group` is their agency.
    With `emergency` it opens the record to that person on its page alone: in no audience, list, count or search.
    `directions` are the directions of all agreements it crossed under, owner's and originator's; `agreement` is the
    first of those agreements. `communities` are those whose releases reach the agency, also where `release` is another.
    `before` is the face it gave until it was changed to this one.
    `acknowledge_by` is until when a release asks the agency (or person) to acknowledge the version; who is given it
    only after that instant is not asked.
    """

    # One index each would be covered by the composites below: twelve indexes made the table three times its size.
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="+")
    content_object = models.ForeignKey(
        Record, models.CASCADE, db_column="record_id", db_index=False, related_name="grants"
    )
    face = models.ForeignKey(Face, models.CASCADE, related_name="grants")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, db_index=False, related_name="+"
    )
    release = models.ForeignKey(Release, models.CASCADE, null=True, db_index=False, related_name="+")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, db_index=False, related_name="+")
    emergency = models.ForeignKey(Emergency, models.CASCADE, null=True, db_index=False, related_name="+")
    directions = ArrayField(models.BigIntegerField(), default=list)
    communities = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    before = models.BigIntegerField(null=True)
    visible_since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    acknowledge_by = models.DateTimeField(null=True)

    class Meta:
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                fields=["content_object", "group", "person", "emergency"],
                nulls_distinct=False,
                name="grant_once",
            ),
            models.CheckConstraint(
                condition=Q(emergency=None) | Q(person__isnull=False, until__isnull=False),
                name="grant_in_an_emergency_is_for_one_person_and_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["group", "-visible_since", "-content_object"],
                include=["face", "until", "person", "emergency"],
                name="grant_list",
            ),
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="grant_until"),
            models.Index(
                fields=["acknowledge_by"],
                condition=Q(acknowledge_by__isnull=False),
                name="grant_acknowledge_by",
            ),
            models.Index(
                fields=["person"], condition=Q(emergency__isnull=False), name="grant_in_an_emergency"
            ),
            # What ends with an agreement. Few grants cross under two: the others cost no entry in the second index.
            models.Index(fields=["agreement"], condition=Q(agreement__isnull=False), name="grant_agreement"),
            GinIndex(fields=["directions"], condition=Q(directions__len__gt=1), name="grant_directions"),
        ]


class Unsettled(models.Model):
    """A record whose grants are to be computed anew, because what they rest on changed for too many at once.

    What was to be denied, is; what may be given again waits for this. `quiet` ones were told as a whole, and are not
    alerted one by one.
    """

    # Not unique: whoever leaves a record here must not wait for a batch that is taking it away.
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    quiet = models.BooleanField(default=False, db_default=False)


class EntryKind(models.TextChoices):
    """CHANGED is to another face. REMARKED: the same face, but its marking, terms or communities are others now, or
    programs can be given it only now.

    RECALLED follows the recall of all of a record, for every agency that machines ever carried it to.
    """

    GRANTED = "granted"
    CHANGED = "changed"
    REMARKED = "remarked"
    WITHDRAWN = "withdrawn"
    RECALLED = "recalled"


class Stand(models.TextChoices):
    LIVE = "live"
    ENDED = "ended"
    RECALLED = "recalled"


class Entry(models.Model):
    """One line for each grant written, changed or withdrawn; `n` is given after commit. What feeds are ordered by.

    `stood` is what the record came to stand at for the agency by this entry; empty where it changed nothing there.
    """

    agency_id = models.IntegerField()
    record_id = models.BigIntegerField()
    face_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    n = models.BigIntegerField(null=True, unique=True)
    numbered_at = models.DateTimeField(null=True)
    stood = models.CharField(max_length=10, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            # What an agency was given since a number: written once, when the row gets its own.
            models.Index(fields=["agency_id", "n"], condition=Q(n__isnull=False), name="entry_agency"),
        ]


class Standing(models.Model):
    """How a record stands for an agency that machines may carry it to, or once could: what machine feeds are read from.

    `n` and `numbered_at` are those of the entry it stands by; dates are unique for an agency and rise in the order in
    which things became visible to it. RECALLED is for good: a record released again begins another `life`, with another
    `uid`. `created_at` is when the record was first published. `parts` names what beside the record itself was ever
    among its objects.
    """

    agency_id = models.IntegerField()
    record_id = models.BigIntegerField()
    life = models.SmallIntegerField(default=0)
    uid = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner_id = models.IntegerField()
    created_at = models.DateTimeField()
    n = models.BigIntegerField()
    numbered_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=Stand.choices)
    parts = ArrayField(models.CharField(max_length=20), default=list)

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_id", "agency_id", "life"], name="standing_once_a_life"),
            models.UniqueConstraint(fields=["agency_id", "numbered_at"], name="standing_dated_once"),
            models.UniqueConstraint(fields=["agency_id", "uid"], name="standing_by_uid"),
            models.CheckConstraint(condition=Q(state__in=Stand.values), name="standing_state_known"),
        ]


class Placed(models.Model):
    """Where a record stands in a collection whose choice came to ask for it later than its date: at `at`.

    Dates of a collection (a subscription's, by its uid) rise in the order in which it came to give things. The later of
    this and the standing's own date holds.
    """

    agency_id = models.IntegerField()
    collection = models.UUIDField()
    standing = models.ForeignKey(Standing, models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standing", "collection"], name="placed_once"),
            models.UniqueConstraint(fields=["agency_id", "collection", "at"], name="placed_in_turn"),
        ]
        indexes = [models.Index(fields=["agency_id", "at"], name="placed_ahead")]


class WithdrawalKind(models.TextChoices):
    RECALLED = "recalled", _("recalled")
    ENDED = "ended", _("no longer shared")


class Withdrawal(models.Model):
    """Written whenever a grant that was visible ends: nothing of the record but its names and the instant.

    A recall writes one for each agency that ever was given what it takes back, whoever has it now; where one version
    alone is taken back, `only_version` is that. `basis` is what the grant rested on, as in the ledger: a release, 0 for
    none, below 0 an emergency; None where there was no grant any more.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    person_id = models.BigIntegerField(null=True)
    record_kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    uid = models.UUIDField(default=uuid.uuid4)
    ref = models.CharField(max_length=9)
    version = models.IntegerField()
    tlp = models.CharField(max_length=16)
    kind = models.CharField(max_length=10, choices=WithdrawalKind.choices)
    reason = models.CharField(max_length=500, blank=True)
    had_since = models.DateTimeField()
    at = models.DateTimeField()
    recall = models.ForeignKey(Recall, models.CASCADE, null=True, related_name="+")
    only_version = models.IntegerField(null=True)
    basis = models.BigIntegerField(null=True)

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["agency", "ref"], name="withdrawal_ref"),
            models.Index(fields=["agency", "-at"], name="withdrawal_list"),
        ]


class Received(FaceColumns):
    """Row of `sharing_inbox`: the viewer's own grants with what their faces say, for lists by `visible_since`.

    `record_id` is the grant's: ordering by the face's would leave the covering index unused.
    """

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    owner = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    face = models.ForeignKey(Face, models.DO_NOTHING, related_name="+")
    visible_since = models.DateTimeField()

    objects = InboxQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sharing_inbox"


class Given(models.Model):
    """Row of `sharing_given`: who has the records of the viewer's own agency, and on what basis."""

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    agency = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    person_id = models.BigIntegerField(null=True)
    version = models.IntegerField()
    withheld = models.JSONField()
    visible_since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "sharing_given"


class Rewording(models.Model):
    """Row of `sharing_reworded`: who reads texts of the records of the viewer's own agency in other words, and which.

    Whoever reads them so has no row of it.
    """

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    agency = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    version = models.IntegerField()
    fields = models.JSONField()

    class Meta:
        managed = False
        db_table = "sharing_reworded"
