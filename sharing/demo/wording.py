"""Words for a demo bulletin, made of facts alone: no sentence of a source, no place, no name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from bulletins.models import SeizureReport, Substance
from bulletins.vocabulary.models import Drug, Method, Mode

# How a title says where it was hidden; a method that is not here stands by its name behind a colon.
WHERE = {
    "VEH-BODY-QTR": "in quarter panels", "VEH-BODY-ROCK": "in rocker panels", "VEH-BODY-DOOR": "in doors",
    "VEH-BODY-TAIL": "in a tailgate", "VEH-BODY-HATCH": "in a rear hatch", "VEH-BODY-BUMP": "in a bumper",
    "VEH-BODY-ROOF": "in a roof", "VEH-BODY-FLOOR": "under the floor", "VEH-BODY-FIRE": "behind the firewall",
    "VEH-BODY-TRUNK": "in a trunk", "VEH-INT-DASH": "behind a dashboard", "VEH-INT-CONS": "in a centre console",
    "VEH-INT-SEAT": "in a seat", "VEH-INT-SPKR": "in a speaker box", "VEH-INT-AIRB": "in an airbag housing",
    "VEH-MECH-FUEL": "in a fuel tank", "VEH-MECH-BATT": "in a battery", "VEH-MECH-ENG": "in an engine",
    "VEH-MECH-RAD": "in a radiator", "VEH-MECH-DIFF": "in an axle", "VEH-MECH-SHAFT": "in a drive shaft",
    "VEH-MECH-EXH": "in an exhaust", "VEH-WHEEL-SPARE": "in a spare tire", "VEH-WHEEL-ROAD": "in road tires",
    "TRK-FLOOR": "under a false floor", "TRK-ROOF": "in a trailer's roof", "TRK-WALL": "in a trailer's wall",
    "TRK-FRAME": "in frame rails", "TRK-BODY": "in a trailer's structure", "TRK-BOX": "in a side locker",
    "TRK-CAB": "in a cab", "TRK-SLEEP": "in a sleeper", "TRK-REEF": "in a refrigeration unit",
    "LOAD-PROD": "among fresh produce", "LOAD-FOOD": "among packaged food and drink",
    "LOAD-BLDG": "in building material", "LOAD-MACH": "in machinery", "LOAD-TEXT": "in textiles",
    "LOAD-CONS": "among consumer goods", "LOAD-LOOK": "in imitation goods", "LOAD-PALL": "in pallets",
    "LOAD-PACK": "in packaging", "LOAD-DRUM": "in drums", "LOAD-VEH": "in a vehicle carried as cargo",
    "CONT-RIP": "behind a container's doors", "CONT-BAGS": "in duffel bags in a container",
    "CONT-STRUCT": "in a container's structure", "CONT-REEF": "in a reefer unit",
    "VSL-HULL": "below the waterline", "VSL-VOID": "in a vessel's void", "VSL-COMP": "in a built-in compartment",
    "VSL-LPV": "in a low-profile vessel", "VSL-SPSS": "in a semi-submersible", "VSL-DECK": "on an open deck",
    "VSL-CREW": "carried by crew", "RAILC-BEAM": "in a rail car's beam", "RAILC-HOPP": "in a hopper car",
    "PERS-BODY": "strapped to the body", "PERS-CAV": "in a body cavity", "PERS-SWAL": "swallowed",
    "PERS-SHOE": "in footwear", "PERS-CLOTH": "in worn clothing", "PERS-AID": "in a mobility aid",
    "BAG-LUG": "in luggage", "BAG-FALSE": "in a suitcase's false compartment",
    "BAG-ITEM": "in carried household items", "PCL-FALSE": "under a false declaration",
    "PCL-FLAT": "in flat envelopes", "PCL-LABEL": "in mislabelled containers", "PCL-MED": "as medicine",
    "GOOD-WOOD": "in hollow wood", "GOOD-FURN": "in furniture", "GOOD-TOY": "in toys",
    "GOOD-ELEC": "in electronics", "GOOD-MACH": "in a machine part", "GOOD-STAT": "in a statue",
    "GOOD-ART": "in artwork", "GOOD-CAND": "in candle wax", "GOOD-COOK": "in cookware",
    "GOOD-SPORT": "in sports equipment", "GOOD-CLOTH": "in a clothing lining", "GOOD-CRAFT": "in handicraft",
    "GOOD-COSM": "in cosmetics", "GOOD-FOOD": "in food packaging", "GOOD-HOUSE": "in household goods",
    "FORM-LIQ": "as liquid in bottles", "FORM-GEL": "as gel", "FORM-IMPR": "soaked into goods",
    "FORM-MOLD": "moulded into goods", "DELV-DRONE": "dropped by drone", "DELV-ULTRA": "under an ultralight",
    "DELV-TUN": "through a tunnel", "DELV-THROW": "thrown over", "DELV-FOOT": "in backpacks",
    "OPEN-BAG": "in bags or boxes",
}  # fmt: skip
# The same for how it travelled; empty where the method has said it.
HOW = {
    "passenger_vehicle": "by car", "commercial_truck": "by truck", "highway_stop": "on the highway",
    "bus": "by bus", "pedestrian": "on foot", "rail": "by rail", "vessel": "by ship", "small_boat": "by small boat",
    "air_passenger": "by air", "air_cargo": "in air cargo", "express_parcel": "by express parcel",
    "international_mail": "by mail", "drone": "", "tunnel": "", "other": "",
}  # fmt: skip
SAID = {"VSL-LPV", "VSL-SPSS", "RAILC-BEAM", "RAILC-HOPP"}


@dataclass(frozen=True)
class Wording:
    title: str
    tear_line: str
    narrative: str
    safety_note: str


def word(method: Method, mode: Mode, reports: list[SeizureReport]) -> Wording:
    """Title, tear line, narrative and hazard for several reports of one way of hiding, the newest last."""
    drugs = Counter(row.drug for report in reports for row in report.substances.all() if row.drug.is_drug)
    # The bulletin's own amounts are the newest report's, so the title names a drug of that one.
    newest = {row.drug for row in reports[-1].substances.all()}
    first = sorted(drugs, key=lambda drug: (drug not in newest, -drugs[drug]))
    names = [drug.label for drug in first[:3]] or ["Contraband"]
    return Wording(
        title=_title(names[0], method, mode),
        tear_line=_tear_line(method, mode, names, reports),
        narrative=_narrative(reports),
        safety_note=_hazard(list(drugs)),
    )


def _title(drug: str, method: Method, mode: Mode) -> str:
    """`Fentanyl in a seat, on the highway`."""
    where, how = WHERE.get(method.code), HOW.get(mode.code)
    if where is None or how is None:
        return f"{drug}: {_lower(method.label)}, {_lower(mode.label)}"[:200]
    drug = drug.partition(" (")[0]
    return f"{drug} {where}{f', {how}' if how and method.code not in SAID else ''}"[:200]


def _tear_line(method: Method, mode: Mode, names: list[str], reports: list[SeizureReport]) -> str:
    names = [names[0], *(_lower(name) for name in names[1:])]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    how = f"carried {HOW[mode.code]}" if HOW.get(mode.code) else "found"
    seen = f"{len(reports)} seizures" if len(reports) > 1 else "one seizure"
    masses = [row.mass_kg for report in reports for row in report.substances.all() if row.mass_kg]
    amount = f" Loads weighed {_kg(min(masses))} to {_kg(max(masses))} kg." if len(masses) > 1 else ""
    return f"{listed} {how}: {seen}. {method.definition}.{amount}".replace("..", ".")[:1000]


def _narrative(reports: list[SeizureReport]) -> str:
    lines = []
    for report in reports:
        when = (
            report.occurred_on.strftime("%B %Y")
            if report.occurred_on
            else report.occurred_period or "Date not given"
        )
        amounts = ", ".join(_amount(row) for row in report.substances.all())
        how = f": {report.concealment}" if report.concealment else ""
        lines.append(f"{when}: {amounts}{how}.")
    return "\n".join(lines)


def _amount(row: Substance) -> str:
    if row.quantity is None:
        return str(row.drug.label)
    return f"{row.drug.label} {row.quantity.normalize():f} {row.get_unit_display()}"


def _hazard(drugs: list[Drug]) -> str:
    """A field-test caution of the vocabulary, where one of the drugs has one."""
    for drug in drugs:
        if drug.drug_class == "opioid" and drug.presumptive_test_caution:
            return f"{drug.label}: wear gloves and work in moving air. {drug.presumptive_test_caution}"[:2000]
    return ""


def _kg(mass: Decimal) -> str:
    return f"{mass:.1f}" if mass >= 1 else f"{mass:.3f}".rstrip("0").rstrip(".")


def _lower(label: str) -> str:
    """For the middle of a sentence; an abbreviation stays as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
