"""Addresses of allotments, holds, sold-out switches, funds foresight, memberships and statements."""

from django.urls import path

from entrepot.doors.platform import (
    distributor_funds,
    distributor_statements,
    memberships,
    stock_allotments,
    stock_holds,
    stock_shelf,
)

FUNDS = [
    path("allotments/", stock_allotments.allotments, name="allotments"),
    path("allotments/<int:allotment_id>/", stock_allotments.allotment, name="allotment"),
    path("allotments/<int:allotment_id>/close/", stock_allotments.allotment_close, name="allotment-close"),
    path("stock/<int:sku_id>/allotment/", stock_allotments.allotment_new, name="allotment-new"),
    path("holds/", stock_holds.hold_report, name="holds"),
    path("holds/limits/", stock_holds.hold_limits, name="hold-limits"),
    path("holds/<int:order_id>/release/", stock_holds.hold_release, name="hold-release"),
    path("distributors/<int:distributor_id>/holds/", stock_holds.distributor_holds, name="distributor-holds"),
    path("shelf/", stock_shelf.shelf, name="shelf"),
    path("shelf/all/", stock_shelf.shelf_all, name="shelf-all"),
    path("shelf/<int:goods_id>/", stock_shelf.shelf_goods, name="shelf-goods"),
    path("funds/", distributor_funds.funds, name="funds"),
    path("funds/waiting/", distributor_funds.waiting, name="funds-waiting"),
    path("funds/setting/", distributor_funds.funds_setting, name="funds-setting"),
    path("memberships/", memberships.memberships, name="memberships"),
    path("memberships/setting/", memberships.membership_setting, name="membership-setting"),
    path("memberships/tiers/<int:tier_id>/", memberships.membership_terms, name="membership-terms"),
    path("statements/", distributor_statements.statement_list, name="statements"),
    path("statements/<int:statement_id>/", distributor_statements.statement, name="statement"),
]
