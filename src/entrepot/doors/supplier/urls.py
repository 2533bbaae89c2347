"""Addresses of the supplier's back office."""

from django.urls import path

from entrepot.doors.supplier import batch, earnings, goods, goods_form, home, orders, slips, stock

app_name = "supplier"
urlpatterns = [
    path("", home.home, name="home"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/slips/", slips.slips, name="slips"),
    path("orders/<int:order_id>/", orders.order_detail, name="order"),
    path("orders/<int:order_id>/ship/", orders.ship, name="ship"),
    path("orders/<int:order_id>/consignee/", orders.reveal, name="reveal"),
    path("batch/", batch.batch, name="batch"),
    path("batch/upload/", batch.batch_upload, name="batch-upload"),
    path("batch/template/", batch.batch_template, name="batch-template"),
    path("batch/addresses/", batch.batch_addresses, name="batch-addresses"),
    path("batch/<str:token>/", batch.batch_plan, name="batch-plan"),
    path("batch/<str:token>/run/", batch.batch_run, name="batch-run"),
    path("batch/<str:token>/refused/", batch.batch_refused, name="batch-refused"),
    path("goods/", goods.goods_list, name="goods"),
    path("goods/new/", goods_form.goods_new, name="goods-new"),
    path("goods/sku-row/", goods_form.sku_row, name="sku-row"),
    path("goods/<int:goods_id>/", goods_form.goods_edit, name="goods-edit"),
    path("goods/<int:goods_id>/<str:step>/", goods.goods_step, name="goods-step"),
    path("stock/", stock.stock_list, name="stock"),
    path("stock/<int:sku_id>/", stock.stock_detail, name="stock-detail"),
    path("stock/<int:sku_id>/change/", stock.stock_change, name="stock-change"),
    path("earnings/", earnings.earnings, name="earnings"),
]
