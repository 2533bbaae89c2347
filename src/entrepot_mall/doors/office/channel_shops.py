"""视频号小店: connect N shops, list many goods in all of them at once, see how far it is and what was refused."""

import csv
import io

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.channels import actions, queries
from entrepot_mall.channels.models import Channel
from entrepot_mall.channels.wechat import HOST
from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import for_staff, shop_of
from entrepot_mall.shop.models import Staff
from entrepot_mall.supply.queries import top_categories, warehouse

STARTS = ("=", "+", "-", "@", "\t", "\r")


class ChannelForm(forms.Form):
    """What WeChat gives for a shop."""

    name = forms.CharField(label=gettext_lazy("Name of the channel shop"), max_length=60)
    appid = forms.RegexField(label="AppID", regex=r"^wx\w{8,40}$", max_length=60)
    secret = forms.CharField(
        label=gettext_lazy("AppSecret; leave empty to keep the one there is"),
        max_length=100,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    category_path = forms.RegexField(
        label=gettext_lazy("Category there: numbers of its levels, as 10000212/10000213/10000689"),
        regex=r"^\d{1,12}(/\d{1,12}){0,4}$",
    )
    template_id = forms.RegexField(label=gettext_lazy("Freight template there: its number"), regex=r"^\w{1,40}$")
    host = forms.URLField(label=gettext_lazy("Address of the interface"), initial=HOST, assume_scheme="https")


@require_safe
@for_staff
def channels(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The shops and how far they are."""
    return _page(request, ChannelForm())


def _page(request: HttpRequest, form: ChannelForm) -> HttpResponse:
    shop = shop_of(request)
    seen = {
        "channels": list(queries.of_shop(shop)),
        "form": form,
        "categories": top_categories(shop),
        "listed": warehouse(shop, state="listed").count(),
        "here": "office-channels",
    }
    return render(request, "office/channels.html", seen, status=422 if form.errors else 200)


@require_POST
@for_staff
def connect(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Connect a shop, or change its connection."""
    form = ChannelForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    actions.connect(shop_of(request), who=staff.name, **form.cleaned_data)
    messages.success(request, _("Saved"))
    return HttpResponseRedirect(reverse("office-channels"))


@require_POST
@for_staff
def list_goods(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List all goods on sale, or those of a category or name, in the ticked shops."""
    shop = shop_of(request)
    chosen = [int(text) for text in request.POST.getlist("channel") if text.isascii() and text.isdigit()]
    found, category = request.POST.get("q", "").strip()[:60], request.POST.get("category", "")[:30]
    goods = warehouse(shop, words=found, category=category, state="listed").values_list("pk", flat=True)
    if not chosen:
        messages.error(request, _("Nothing is chosen"))
    else:
        count = actions.queue(shop, goods_ids=list(goods), channel_ids=chosen, who=staff.name)
        messages.success(request, _("%(count)s goods are on their way") % {"count": count})
    return HttpResponseRedirect(reverse("office-channels"))


@require_POST
@for_staff
def fetch(request: HttpRequest, staff: Staff, channel_id: int) -> HttpResponse:
    """Fetch orders at the next round instead of within the minute."""
    Channel.objects.filter(shop=shop_of(request), pk=channel_id).update(fetched_at=None)
    return HttpResponseRedirect(reverse("office-channels"))


@require_safe
@for_staff
def refused(request: HttpRequest, staff: Staff, channel_id: int) -> HttpResponse:
    """What was refused and why, as a file for a table."""
    channel = get_object_or_404(Channel, pk=channel_id, shop=shop_of(request))
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow([_("Goods number"), _("Goods"), _("Code"), _("Why")])
    for one in queries.refused(channel):
        why = words.word("channel", one.code) if one.code in words.CHANNEL_CODES else one.detail
        rows.writerow([_plain(text) for text in (one.goods.goods_no, one.goods.shown_name, one.code, why)])
    # The mark at the beginning tells spreadsheets that the text is Unicode.
    response = HttpResponse("﻿" + stream.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{channel.pk}.csv"'
    return response


def _plain(text: str) -> str:
    """A text a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(STARTS) else text
