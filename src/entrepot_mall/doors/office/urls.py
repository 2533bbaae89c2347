"""Addresses of the back office."""

from django.urls import path

from entrepot_mall.doors.office import buyers, channel_shops, entrance, goods, orders, settings, ways_in

urlpatterns = [
    path("", entrance.start, name="office"),
    path("sign-in/", entrance.sign_in, name="office-sign-in"),
    path("sign-out", entrance.sign_out, name="office-sign-out"),
    path("goods/", goods.goods, name="office-goods"),
    path("goods/list", goods.put_on_sale, name="office-goods-list"),
    path("goods/<int:goods_id>/", goods.one, name="office-goods-one"),
    path("orders/", orders.orders, name="office-orders"),
    path("orders/<slug:number>/", orders.order, name="office-order"),
    path("orders/<slug:number>/do", orders.do, name="office-order-do"),
    path("aftersales/", orders.aftersales, name="office-aftersales"),
    path("aftersales/<int:number>/do", orders.do_aftersale, name="office-aftersale-do"),
    path("refunds/<int:number>/made", orders.refund_made, name="office-refund-made"),
    path("buyers/", buyers.buyers, name="office-buyers"),
    path("buyers/<int:buyer_id>/judge", buyers.judge, name="office-buyer-judge"),
    path("channels/", channel_shops.channels, name="office-channels"),
    path("channels/connect", channel_shops.connect, name="office-channel-connect"),
    path("channels/list", channel_shops.list_goods, name="office-channel-list"),
    path("channels/<int:channel_id>/fetch", channel_shops.fetch, name="office-channel-fetch"),
    path("channels/<int:channel_id>/refused.csv", channel_shops.refused, name="office-channel-refused"),
    path("settings/", settings.settings, name="office-settings"),
    path("settings/wechat-pay", settings.wechat_pay, name="office-wechat-pay"),
    path("connection/", settings.connection, name="office-connection"),
    path("ways-in/", ways_in.ways_in, name="office-ways-in"),
]
