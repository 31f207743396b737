"""Who may make, lead, join and leave a community; what an invited agency is told of one that is not yet its own."""

from django.db import migrations

from hub.database.policies import locked, view

MINE = "agency_id = hub_agency()"
LED_BY_ME = "exists (select 1 from sharing_community c where c.code = sharing_joining.code and c.lead_id = hub_agency())"
# An agency's row is its own, and its lead's where there is such a community. Each begins it from its own side.
JOINING = f"({MINE} or {LED_BY_ME})"
BEGUN = f"({MINE} and invited_at is null) or ({LED_BY_ME} and invited_at is not null and asked_at is null)"
# Steward: the community's lead is its first member, nobody else is put in from above.
LEADS = """exists (select 1 from sharing_community c where c.id = community_id and (
    c.lead_id = hub_agency() or hub_can('steward') and c.lead_id = agency_id))"""
CHANGED = "description, roster_visible, closes_at"
ANSWERED = "asked_at, asked_by_id, with_history, reason, lapses_at, declined_at, closed_at, outcome"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0008_communities")]

    operations = [
        locked("sharing_joining", read=f"{JOINING} or hub_can('steward')", write=JOINING),
        migrations.RunSQL(
            [
                "drop policy sharing_joining_add on sharing_joining",
                f"create policy sharing_joining_add on sharing_joining for insert to hub_app with check ({BEGUN})",
                "revoke update, delete on sharing_joining from hub_app",
                f"grant update ({ANSWERED}) on sharing_joining to hub_app",
                "grant insert on sharing_community, sharing_membership to hub_app",
                f"grant update ({CHANGED}) on sharing_community to hub_app",
                # Left, and nothing else: not joined earlier, not with more history.
                "grant update (left_at) on sharing_membership to hub_app",
                "create policy sharing_community_add on sharing_community for insert to hub_app"
                " with check (hub_can('steward') or lead_id = hub_agency() and kind = 'operation')",
                "create policy sharing_community_change on sharing_community for update to hub_app"
                " using (lead_id = hub_agency() or hub_can('steward'))"
                " with check (lead_id = hub_agency() or hub_can('steward'))",
                f"create policy sharing_membership_add on sharing_membership for insert to hub_app with check ({LEADS})",
                f"create policy sharing_membership_change on sharing_membership for update to hub_app"
                f" using ({MINE} or {LEADS}) with check ({MINE} or {LEADS})",
            ],
            [
                "drop policy if exists sharing_community_add on sharing_community",
                "drop policy if exists sharing_community_change on sharing_community",
                "drop policy if exists sharing_membership_add on sharing_membership",
                "drop policy if exists sharing_membership_change on sharing_membership",
                "revoke insert, update on sharing_community, sharing_membership from hub_app",
            ],
        ),
        view(
            "sharing_invitation",
            """select j.id, j.uid, c.code, c.name, c.kind, c.description, c.closes_at, c.lead_id, j.invited_at, j.asked_at,
                      j.lapses_at
               from sharing_joining j join sharing_community c on c.code = j.code
               where j.agency_id = hub_agency() and j.invited_at is not null and j.closed_at is null
                 and j.lapses_at > hub_now() and (c.closes_at is null or c.closes_at > hub_now())""",
        ),
    ]
