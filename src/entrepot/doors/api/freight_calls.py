"""Freight: what sending would cost, before there is an order."""

from typing import Any

from django.utils import translation
from litestar import Response, get, post

from entrepot.base.refusals import Refusal
from entrepot.doors.api.calls import Call, as_distributor, body_of, caller_of, reply
from entrepot.doors.api.freight_shapes import Carrier, Carriers, FreightPart, FreightQuote, FreightRequest
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import refused
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import CURRENCY
from entrepot.doors.kit.carriers import choices
from entrepot.freight.queries import Sending, sendings
from entrepot.freight.regions import name_of, path_of
from entrepot.freight.rules import Quote
from entrepot.reports.freight_quotes import quote_for
from entrepot.reports.shelf import terms_of
from entrepot.trade.terms import Fault, refuse


@get("/carriers", opt=Operation(None, Carriers, group="shipping").opt())
async def list_carriers(request: Call) -> Response[bytes]:
    """物流公司 | List the carriers and their codes."""
    language: Any = request.scope["language"]  # type: ignore[typeddict-item]
    with translation.override("en" if language == "en" else "zh-hans"):
        return reply(Carriers([Carrier(code, str(name)) for code, name in choices()]))


@post(
    "/freight/quote",
    status_code=200,
    opt=Operation(
        FreightRequest, FreightQuote, group="shipping", codes=("product_delisted", "region_not_served")
    ).opt(),
)
async def quote_freight(request: Call) -> Response[bytes]:
    """运费试算 | Quote the freight of lines to a place, as an order placed now would be charged."""
    caller = caller_of(request)
    wanted = read(body_of(request), FreightRequest)
    place = wanted.destination
    path = path_of(
        place.province,
        city=place.city,
        district=place.district,
        street=place.street or "",
        division_code=place.division_code or "",
    )
    lines = [(line.sku, line.qty) for line in wanted.lines]

    def asked() -> tuple[Quote, list[int], dict[str, Sending]]:
        found, missing = quote_for(terms_of(caller.distributor_id), lines=lines, path=path)
        return found, missing, sendings([sku for sku, _ in lines])

    found, missing, sent = await as_distributor(caller, asked)
    faults = [Fault(f"/lines/{at}/sku", Refusal.PRODUCT_DELISTED, {"sku": lines[at][0]}) for at in missing]
    region = name_of(path[-1]) if path else place.province
    faults += [
        Fault(f"/lines/{at}/sku", Refusal.REGION_NOT_SERVED, {"sku": lines[at][0], "region": region})
        for at in found.unserved
    ]
    if faults:
        raise refused(refuse(*faults))
    parts = [
        FreightPart(
            freight_template_id=str(part.template_id),
            skus=[
                sku
                for sku in dict.fromkeys(sku for sku, _ in lines)
                if (sent[sku].shipper, sent[sku].template_id) == (part.shipper, part.template_id)
            ],
            pieces=part.pieces,
            weight_g=part.weight_g,
            freight=part.freight_fen,
            free_by=part.free_by,
        )
        for part in found.parts
    ]
    return reply(FreightQuote(CURRENCY, found.freight_fen, parts))
