"""Addresses of everything people see."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("entrepot.doors.kit.urls")),
    path("supplier/", include("entrepot.doors.supplier.urls")),
    path("distributor/", include("entrepot.doors.distributor.urls")),
]
handler400 = "entrepot.doors.kit.errors.bad_request"
handler403 = "entrepot.doors.kit.errors.forbidden"
handler404 = "entrepot.doors.kit.errors.not_found"
handler500 = "entrepot.doors.kit.errors.server_error"
