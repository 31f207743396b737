"""What a hub says in `next` has room: it tells which of the context it has given."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0026_peers")]

    operations = [
        migrations.AlterField("peer", "next", models.CharField(blank=True, max_length=4000)),
    ]
