"""Whether a subscription asks for what a face shows: one piece of SQL, for fan-out, counts and digests."""

from __future__ import annotations

# What a subscription may narrow by: its column -> PostgreSQL's type, for one that is not saved yet.
FILTERS = {
    "kinds": "varchar[]",
    "methods": "varchar[]",
    "drugs": "varchar[]",
    "classes": "varchar[]",
    "modes": "varchar[]",
    "regions": "varchar[]",
    "ports": "varchar[]",
    "near_km": "int",
    "countries": "varchar[]",
    "origins": "varchar[]",
    "destinations": "varchar[]",
    "owners": "int[]",
    "urgencies": "varchar[]",
    "tlps": "varchar[]",
    "hazard": "boolean",
    "words": "varchar",
}

EARTH_KM = 6371.0

# Where it happened, as far as the face says: its own coordinates, or those of the port it names.
_FAR_KM = f"""2 * {EARTH_KM} * asin(least(1, sqrt(
    power(sin(radians(p.lat - coalesce({{face}}.latitude, q.lat))::float8 / 2), 2)
    + cos(radians(p.lat::float8)) * cos(radians(coalesce({{face}}.latitude, q.lat)::float8))
      * power(sin(radians(p.lon - coalesce({{face}}.longitude, q.lon))::float8 / 2), 2))))"""

_MATCHES = f"""(
    (cardinality({{sub}}.kinds) = 0 or {{face}}.kind = any({{sub}}.kinds))
    and (cardinality({{sub}}.methods) = 0 or {{face}}.methods && {{sub}}.methods)
    and (cardinality({{sub}}.drugs) + cardinality({{sub}}.classes) = 0 or {{face}}.drugs && {{sub}}.drugs
         or exists (select from bulletins_drug p where p.code = any({{face}}.drugs)
                    and p.drug_class = any({{sub}}.classes)))
    and (cardinality({{sub}}.modes) = 0 or {{face}}.mode = any({{sub}}.modes))
    and (cardinality({{sub}}.regions) = 0 or {{face}}.region = any({{sub}}.regions))
    and (cardinality({{sub}}.ports) = 0 or {{face}}.port = any({{sub}}.ports)
         or {{sub}}.near_km > 0 and exists (
            select from bulletins_port p left join bulletins_port q on q.code = {{face}}.port
            where p.code = any({{sub}}.ports) and {_FAR_KM} <= {{sub}}.near_km))
    and (cardinality({{sub}}.countries) = 0 or {{face}}.country = any({{sub}}.countries))
    and (cardinality({{sub}}.origins) = 0 or {{face}}.origin = any({{sub}}.origins))
    and (cardinality({{sub}}.destinations) = 0 or {{face}}.destinations && {{sub}}.destinations)
    and (cardinality({{sub}}.owners) = 0 or {{face}}.owner_id = any({{sub}}.owners))
    and (cardinality({{sub}}.urgencies) = 0 or {{face}}.urgency = any({{sub}}.urgencies))
    and (cardinality({{sub}}.tlps) = 0 or {{face}}.tlp = any({{sub}}.tlps))
    and (not {{sub}}.hazard or {{face}}.hazard)
    and ({{sub}}.words = '' or {{face}}.words @@ websearch_to_tsquery('english', {{sub}}.words)))"""  # noqa: S608  names in it are ours


def matches(*, face: str, sub: str) -> str:
    """SQL that is true where the subscription `sub` asks for what `face` shows; both are names in the statement.

    A face never says what is withheld, in no column: so nothing withheld makes anything match.
    """
    return _MATCHES.format(face=face, sub=sub)
