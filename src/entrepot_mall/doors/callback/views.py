"""The platform calls: checked by the SDK, noted once, answered at once; the worker asks for the rest."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.base import sealing
from entrepot_mall.doors.kit.visitors import shop_of
from entrepot_mall.orders.passing import hear
from entrepot_mall.shop.models import Shop
from entrepot_sdk import SignatureError, challenge_answer, read_callback

LONGEST_BODY = 64_000


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether pages and database answer."""
    del request
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """One callback. A forged one is refused and changes nothing."""
    shop = shop_of(request)
    secret = sealing.unseal(shop.callback_secret_sealed)
    if not secret or len(request.body) > LONGEST_BODY:
        return HttpResponse(status=503 if not secret else 413)
    try:
        event = read_callback(dict(request.headers), body=request.body, secrets_live=[secret])
    except SignatureError:
        return HttpResponse(status=401)
    answer = challenge_answer(event)
    if answer is not None:
        Shop.objects.filter(pk=shop.pk).update(callback_state="pending")
        return HttpResponse(answer, content_type="text/plain")
    hear(shop, event=event, now=timezone.now())
    return HttpResponse(status=204)
