"""Addresses of everything people see."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from entrepot.doors.kit import media

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("entrepot.doors.kit.urls")),
    re_path(r"^media/(?P<path>goods/[0-9a-f]{2}/[0-9a-f]{40}(?:-400)?\.webp)$", media.picture),
    path("platform/", include("entrepot.doors.platform.urls")),
    path("supplier/", include("entrepot.doors.supplier.urls")),
    path("distributor/", include("entrepot.doors.distributor.urls")),
    path("referrer/", include("entrepot.doors.referrer.urls")),
]
handler400 = "entrepot.doors.kit.errors.bad_request"
handler403 = "entrepot.doors.kit.errors.forbidden"
handler404 = "entrepot.doors.kit.errors.not_found"
handler500 = "entrepot.doors.kit.errors.server_error"
