"""Which address leads to which door."""

from django.urls import include, path

from entrepot_mall.doors.callback import views as callback

urlpatterns = [
    path("health", callback.health, name="health"),
    path("callback/entrepot", callback.receive, name="callback"),
    path("office/", include("entrepot_mall.doors.office.urls")),
    path("api/shop/v1/", include("entrepot_mall.doors.api.urls")),
    path("", include("entrepot_mall.doors.front.urls")),
]
handler404 = "entrepot_mall.doors.kit.errors.not_found"
handler500 = "entrepot_mall.doors.kit.errors.failed"
