"""Addresses of acceptance and substitutes in the platform office."""

from django.urls import path

from entrepot.doors.platform import acceptance, acceptance_terms

ACCEPTANCE = [
    path("acceptance/", acceptance.acceptance, name="acceptance"),
    path("acceptance/suppliers/", acceptance_terms.acceptance_suppliers, name="acceptance-suppliers"),
    path("acceptance/suppliers/house/", acceptance_terms.acceptance_house, name="acceptance-house"),
    path("acceptance/suppliers/<int:supplier_id>/", acceptance_terms.acceptance_supplier, name="acceptance-supplier"),
    path("acceptance/<int:order_id>/<int:line_no>/", acceptance.acceptance_line, name="acceptance-line"),
    path("acceptance/<int:order_id>/<int:line_no>/reroute/", acceptance.acceptance_reroute, name="acceptance-reroute"),
    path("acceptance/<int:order_id>/<int:line_no>/refund/", acceptance.acceptance_refund, name="acceptance-refund"),
    path("acceptance/<int:order_id>/<int:line_no>/extend/", acceptance.acceptance_extend, name="acceptance-extend"),
    path("substitutes/", acceptance_terms.substitute_list, name="substitutes"),
    path("substitutes/add/", acceptance_terms.substitute_add, name="substitute-add"),
    path("substitutes/<int:substitute_id>/drop/", acceptance_terms.substitute_drop, name="substitute-drop"),
]
