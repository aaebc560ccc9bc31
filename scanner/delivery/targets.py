"""From the settings of a target to the target: the one place that knows all kinds."""

from __future__ import annotations

from scanner.delivery.fhir import Fhir
from scanner.delivery.files import Files
from scanner.delivery.openfit import OpenFit
from scanner.delivery.redcap import Redcap, RedcapFiles
from scanner.delivery.table import ForeignTable
from scanner.delivery.target import Target
from scanner.record import Record
from scanner.settings_delivery import (
    CsvSettings,
    DeliverySettings,
    JsonLinesSettings,
    TableSettings,
)
from scanner.settings_receivers import FhirSettings, OpenFitSettings


def make_target(name: str, settings: DeliverySettings, record: Record) -> Target:
    """The target of these settings; nothing is connected to yet.

    Raises SettingsError for what the settings name and cannot be used: a certificate, a URL, a secret's file.
    """
    match settings:
        case CsvSettings() | JsonLinesSettings():
            return Files(name, settings)
        case TableSettings():
            return ForeignTable(name, settings)
        case OpenFitSettings():
            return OpenFit(name, settings, record.sheets_of_sessions, lambda: record.refused_by(name))
        case FhirSettings():
            return Fhir(name, settings)
        case _:
            return RedcapFiles(name, settings) if settings.folder is not None else Redcap(name, settings)
