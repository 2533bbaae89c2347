"""Live check: what can be sold to a place."""

from typing import Any

from litestar import Response, post

from entrepot.doors.api import availability_shapes as shapes
from entrepot.doors.api.calls import Call, as_distributor, body_of, caller_of, reply
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.reading import read
from entrepot.doors.api.render import CURRENCY
from entrepot.doors.api.texts import reason as words_of
from entrepot.freight.regions import path_of
from entrepot.reports.availability import Availability, availability
from entrepot.reports.shelf import terms_of
from entrepot.trade.terms import Fault


@post(
    "/availability/query",
    status_code=200,
    opt=Operation(shapes.AvailabilityRequest, shapes.Availabilities, group="live").opt(),
)
async def query_availability(request: Call) -> Response[bytes]:
    """区域可售查询 | Whether up to 500 SKUs can be sold to a place now: freight, stock, minimum quantity, reasons."""
    caller = caller_of(request)
    wanted = read(body_of(request), shapes.AvailabilityRequest)
    place = wanted.destination
    path = path_of(
        place.province,
        city=place.city,
        district=place.district,
        street=place.street or "",
        division_code=place.division_code or "",
    )
    lines = [(line.sku, line.qty) for line in wanted.lines]
    language: Any = request.scope["language"]  # type: ignore[typeddict-item]
    named = f"{place.province}{place.city}{place.district}"

    def judged() -> list[Availability]:
        return availability(terms_of(caller.distributor_id), lines=lines, path=path, place=named)

    found = await as_distributor(caller, judged)
    return reply(
        shapes.Availabilities(
            CURRENCY,
            [
                shapes.Availability(
                    sku=one.sku,
                    qty=one.qty,
                    available=not one.reasons,
                    reasons=[reason.refusal.code for reason in one.reasons],
                    details=[_told(reason, language=language) for reason in one.reasons],
                    stock=one.stock,
                    min_quantity=one.min_quantity,
                    agreed_price=one.agreed_price_fen,
                    freight=one.freight_fen,
                )
                for one in found
            ],
        )
    )


def _told(reason: Fault, *, language: str) -> shapes.AvailabilityReason:
    code = reason.refusal.code
    facts = {name: value for name, value in reason.facts.items() if name != "why"}
    return shapes.AvailabilityReason(code, words_of(code, dict(reason.facts), language=language), facts)
