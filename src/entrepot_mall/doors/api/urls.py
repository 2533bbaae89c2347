"""Addresses of the front API."""

from django.urls import path

from entrepot_mall.doors.api import notices, views

urlpatterns = [
    path("openapi.json", views.openapi, name="api-openapi"),
    path("wechat-pay", notices.wechat_pay, name="wechat-pay"),
    path("sign-up", views.sign_up),
    path("sign-in", views.sign_in),
    path("products", views.products),
    path("products/<int:goods_id>", views.product),
    path("quotes", views.quote),
    path("orders", views.orders),
    path("orders/<slug:number>", views.order),
    path("orders/<slug:number>/payment", views.payment),
]
