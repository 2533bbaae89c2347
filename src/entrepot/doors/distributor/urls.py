"""Addresses of the distributor's back office."""

from django.urls import path

from entrepot.doors.distributor import (
    aftersales,
    callbacks,
    goods,
    goods_why,
    home,
    keys,
    ledger,
    order_deeds,
    orders,
    topups,
    users,
)

app_name = "distributor"
urlpatterns = [
    path("", home.home, name="home"),
    path("goods/", goods.goods_list, name="goods"),
    path("goods/why/", goods_why.goods_why, name="goods-why"),
    path("goods/<int:goods_id>/", goods.goods_detail, name="goods-detail"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/<int:order_id>/", orders.order_detail, name="order"),
    path("orders/<int:order_id>/consignee/", orders.reveal, name="reveal"),
    path("orders/<int:order_id>/<str:deed>/", order_deeds.act, name="deed"),
    path("aftersales/", aftersales.aftersales, name="aftersales"),
    path("aftersales/new/<int:order_id>/", aftersales.aftersale_new, name="aftersale-new"),
    path("aftersales/<int:request_id>/", aftersales.aftersale, name="aftersale"),
    path("aftersales/<int:request_id>/<str:name>/", aftersales.aftersale_deed, name="aftersale-deed"),
    path(
        "aftersales/<int:request_id>/evidence/<int:evidence_id>/",
        aftersales.aftersale_evidence,
        name="aftersale-evidence",
    ),
    path("topups/", topups.topup_list, name="topups"),
    path("topups/new/", topups.topup_new, name="topup-new"),
    path("topups/create/", topups.topup_create, name="topup-create"),
    path("topups/<int:topup_id>/withdraw/", topups.topup_withdraw, name="topup-withdraw"),
    path("topups/<int:topup_id>/voucher/", topups.topup_voucher, name="topup-voucher"),
    path("topups/<int:topup_id>/again/", topups.topup_again, name="topup-again"),
    path("ledger/", ledger.ledger_list, name="ledger"),
    path("statements/", statements.statement_list, name="statements"),
    path("statements/<int:statement_id>/", statements.statement, name="statement"),
    path("waiting/", statements.waiting, name="waiting"),
    path("keys/", keys.keys, name="keys"),
    path("keys/issue/", keys.key_issue, name="key-issue"),
    path("keys/<int:key_id>/revoke/", keys.key_revoke, name="key-revoke"),
    path("keys/connection/", keys.connection, name="connection"),
    path("callbacks/", callbacks.callbacks, name="callbacks"),
    path("callbacks/save/", callbacks.callback_save, name="callback-save"),
    path("callbacks/secret/", callbacks.callback_secret, name="callback-secret"),
    path("callbacks/<str:deed>/", callbacks.callback_deed, name="callback-deed"),
    path("users/", users.users, name="users"),
    path("users/create/", users.user_create, name="user-create"),
    path("users/<int:user_id>/<str:step>/", users.user_step, name="user-step"),
]
