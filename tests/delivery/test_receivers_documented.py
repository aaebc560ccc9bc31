"""The README's examples of receivers hold, and it names every setting that a receiver has."""

from __future__ import annotations

import re
import tomllib

import pytest
from pydantic import TypeAdapter

from scanner.settings_delivery import DeliverySettings
from scanner.settings_receivers import FhirSettings, OpenFitSettings, RedcapSettings
from tests.test_docs import BLOCKS, README, WORDS

BLOCK_OF = {
    name: tomllib.loads(block.strip("`\n"))["delivery"][name]
    for block in BLOCKS.findall(README)
    for name in re.findall(r"^```\n\[delivery\.([a-z]+)\]", block)
}


@pytest.mark.parametrize("kind", ["openfit", "fhir", "redcap"])
def test_the_example_of_a_receiver_is_one(kind: str) -> None:
    examples = [values for values in BLOCK_OF.values() if values["kind"] == kind]
    assert examples
    for values in examples:
        assert TypeAdapter(DeliverySettings).validate_python(values).kind == kind


@pytest.mark.parametrize("model", [OpenFitSettings, FhirSettings, RedcapSettings])
def test_every_setting_of_a_receiver_is_named(
    model: type[OpenFitSettings] | type[FhirSettings] | type[RedcapSettings],
) -> None:
    shown = {name for values in BLOCK_OF.values() for name in values}
    assert set(model.model_fields) <= WORDS | shown
