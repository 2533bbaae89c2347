"""Why the figures of an order are what they are."""

from django.utils import translation
from litestar import Response, get
from litestar.params import FromPath

from entrepot.doors.api.calls import Call, as_distributor, caller_of, object_id, reply
from entrepot.doors.api.explain_shapes import Explanation, Figure
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import not_found
from entrepot.reports.why import Row
from entrepot.reports.why_order import order_why


@get(
    "/orders/{order_id:str}/explanation",
    opt=Operation(None, Explanation, group="orders", codes=("not_found",)).opt(),
)
async def explain_order(request: Call, order_id: FromPath[str]) -> Response[bytes]:
    """金额说明 | Explain an order: how each line, the freight, the total and every refund come about."""
    language = "en" if request.scope.get("language") == "en" else "zh-hans"

    def asked() -> list[Row] | None:
        with translation.override(language):
            return order_why(object_id(order_id))

    found = await as_distributor(caller_of(request), asked)
    if found is None:
        raise not_found()
    return reply(Explanation([Figure(name, figure, reason) for name, figure, reason in found]))
