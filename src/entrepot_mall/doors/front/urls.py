"""Addresses of the pages for buyers."""

from django.urls import path

from entrepot_mall.doors.front import account, browse, checkout, orders, quick, shell

urlpatterns = [
    path("", browse.home, name="home"),
    path("goods/<int:goods_id>/", browse.goods, name="goods"),
    path("cart/", browse.cart, name="cart"),
    path("cart/put", browse.put, name="cart-put"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("pay/<slug:number>/", checkout.pay, name="pay"),
    path("pay/<slug:number>/wechat", checkout.pay_in_wechat, name="pay-wechat"),
    path("pay/<slug:number>/test", checkout.pay_test, name="pay-test"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-up/", account.sign_up, name="sign-up"),
    path("sign-out", account.sign_out, name="sign-out"),
    path("me/", account.me, name="me"),
    path("me/business/", account.business, name="business"),
    path("me/orders/", orders.orders, name="orders"),
    path("me/orders/<slug:number>/", orders.order, name="order"),
    path("me/orders/<slug:number>/do", orders.do, name="order-do"),
    path("quick/", quick.quick, name="quick"),
    path("language", shell.language, name="language"),
    path("offline/", shell.offline, name="offline"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
    path("icon-<int:size>.png", shell.icon, name="icon"),
    path("sw.js", shell.service_worker, name="service-worker"),
    path(".well-known/<slug:name>", shell.well_known),
    path(".well-known/<slug:name>.json", shell.well_known),
    path("<slug:name>.txt", shell.proof),
]
