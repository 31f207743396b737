"""Short closed lists that code relies on; the longer ones are tables in models.py."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FieldGroup(TextChoices):
    """The unit of withholding. Labels are what stands where a group is withheld: the kind, never a count."""

    CORE = "core", _("Core facts")
    DETAIL = "detail", _("Narrative and photographs")
    PLACE = "place", _("Exact place and time")
    TECHNIQUE = "technique", _("How it was found")
    IDENTIFIERS = "identifiers", _("Identifiers")
    CASE = "case", _("Case details")


WITHHOLDABLE = tuple(group for group in FieldGroup if group is not FieldGroup.CORE)


class SubstanceForm(TextChoices):
    POWDER = "powder", _("Powder")
    PILLS = "pills", _("Pills or tablets")
    CAPSULES = "capsules", _("Capsules")
    LIQUID = "liquid", _("Liquid")
    CRYSTAL = "crystal", _("Crystal or rock")
    PLANT = "plant", _("Plant matter")
    RESIN = "resin", _("Resin")
    PASTE = "paste", _("Paste")
    BLOTTER = "blotter", _("Blotter or soaked paper")
    BROWN = "brown", _("Brown (heroin)")
    BLACK_TAR = "black_tar", _("Black tar (heroin)")
    OTHER = "other", _("Other")


class Qualifier(TextChoices):
    """How firm a reported number is; no qualifier means it was given plainly."""

    APPROX = "approx", _("about")
    MORE_THAN = "more_than", _("more than")


class Unit(TextChoices):
    """Units of quantities as reported. Which of them are masses, records/units.py knows."""

    KG = "kg", _("kg")
    G = "g", _("g")
    MG = "mg", _("mg")
    TONNE = "tonne", _("tonnes")
    LB = "lb", _("lb")
    OZ = "oz", _("oz")
    LITRE = "L", _("L")
    ML = "mL", _("mL")
    GALLON = "gal", _("US gallons")
    PILLS = "pills", _("pills")
    ITEMS = "items", _("items")
    CARTONS = "cartons", _("cartons")
    ROUNDS = "rounds", _("rounds")
    USD = "USD", _("US dollars")
    CAD = "CAD", _("Canadian dollars")
    MXN = "MXN", _("Mexican pesos")
    EUR = "EUR", _("euros")
    GBP = "GBP", _("pounds sterling")


class LabState(TextChoices):
    NOT_TESTED = "not_tested", _("Not tested")
    PRESUMPTIVE = "presumptive", _("Presumptive test only")
    PENDING = "pending", _("At the laboratory")
    CONFIRMED = "confirmed", _("Laboratory confirmed")
    REFUTED = "refuted", _("Laboratory found something else")


class Precision(TextChoices):
    """How exactly it is known when something happened."""

    INSTANT = "instant", _("to the minute")
    DAY = "day", _("to the day")
    MONTH = "month", _("to the month")
    YEAR = "year", _("to the year")
    UNKNOWN = "unknown", _("not known")


class DateBasis(TextChoices):
    """Where the date of a seizure taken from a public page comes from."""

    STATED = "stated", _("stated by the source")
    YEAR_INFERRED = "year_inferred", _("year inferred")
    PARTIAL = "partial", _("only in part")
    PUBLISHED_ONLY = "published_only", _("date of publication only")
    UNKNOWN = "unknown", _("not known")


class IdentifierKind(TextChoices):
    PLATE = "plate", _("Licence plate")
    VIN = "vin", _("Vehicle identification number")
    CONTAINER = "container", _("Container number")
    TRACKING = "tracking", _("Tracking number")
    VESSEL = "vessel", _("Vessel name or IMO number")
    AIRCRAFT = "aircraft", _("Aircraft registration or flight")
    PHONE = "phone", _("Telephone number")
    EMAIL = "email", _("E-mail address")
    ACCOUNT = "account", _("Account")
    SHIPPER = "shipper", _("Shipper")
    CONSIGNEE = "consignee", _("Consignee")
    PERSON = "person", _("Person")
    OTHER = "other", _("Other")


class PortKind(TextChoices):
    LAND = "land", _("Land crossing")
    RAIL = "rail", _("Rail crossing or yard")
    SEA = "sea", _("Seaport")
    AIR = "air", _("Airport")
    MAIL = "mail", _("Mail facility")
    EXPRESS = "express", _("Express carrier hub")


class Region(TextChoices):
    """Coarse enough to be told where the place is withheld; the first three as CBP's statistics use them."""

    SOUTHWEST = "southwest", _("Southwest border")
    NORTHERN = "northern", _("Northern border")
    COASTAL_INTERIOR = "coastal_interior", _("Coastal/Interior")
    CANADA = "canada", _("Canada")
    MEXICO = "mexico", _("Mexico")
    ELSEWHERE = "elsewhere", _("Elsewhere")
