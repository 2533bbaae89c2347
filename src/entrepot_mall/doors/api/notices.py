"""Where WeChat Pay tells of money."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.doors.kit.visitors import shop_of
from entrepot_mall.orders.actions import take_payment
from entrepot_mall.orders.queries import order_of
from entrepot_mall.payments.port import CashierError
from entrepot_mall.payments.queries import wechat_of


@csrf_exempt
@require_POST
def wechat_pay(request: HttpRequest) -> HttpResponse:
    """One notice: genuine, for an order of this shop, of its amount; anything else changes nothing."""
    shop = shop_of(request)
    wechat = wechat_of(shop)
    try:
        if wechat is None:
            raise CashierError("not set up")
        notice = wechat.read_notice(dict(request.headers), body=request.body)
        order = order_of(shop, notice.number) if notice is not None else None
        if notice is not None and order is not None:
            take_payment(order, way=wechat.way, notice=notice, now=timezone.now())
    except (CashierError, RefusedError) as fault:
        return JsonResponse({"code": "FAIL", "message": str(fault)[:100]}, status=401)
    return HttpResponse(status=204)
