"""The client's objects have every field of the contract's."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import entrepot_sdk
from tests.conftest import ROOT

# What the client calls otherwise than the contract.
NAMES = {
    "Account": "Me", "Batch": "BatchAnswer", "FieldProblem": "ErrorItem", "LedgerEntry": "LedgerItem",
    "LinePart": "ShipmentLine", "Outlook": "AfterSaleOutlook", "PriceStock": "LivePrice", "Trail": "TrailStep",
    "AfterSaleQuestion": "AfterSaleCheckRequest", "NewAfterSale": "AfterSaleRequest", "NewBatch": "BatchRequest",
    "NewLine": "OrderLineRequest", "NewOrder": "OrderRequest", "NewRecharge": "RechargeRequest",
}  # fmt: skip
# Made of several objects of the contract, or read by hand: errors keep what they do not name in `more` and `extra`.
OWN = {"Change", "ExportLine", "FieldProblem", "Items", "Page", "Problem"}
SCHEMAS = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())["components"]["schemas"]


def objects() -> Iterator[type[msgspec.Struct]]:
    """Every object of the client."""
    for module in pkgutil.iter_modules(entrepot_sdk.__path__):
        for found in vars(importlib.import_module(f"entrepot_sdk.{module.name}")).values():
            if inspect.isclass(found) and issubclass(found, msgspec.Struct):
                yield found


@pytest.mark.parametrize("name", sorted({one.__name__ for one in objects()} - OWN - {"Struct"}))
def test_an_object_has_every_field_of_the_contract(name: str) -> None:
    (found,) = {one for one in objects() if one.__name__ == name}
    schema = SCHEMAS.get(NAMES.get(name, name)) or SCHEMAS[f"{name}Request"]
    assert set(schema["properties"]) - {field.encode_name for field in msgspec.structs.fields(found)} == set()
