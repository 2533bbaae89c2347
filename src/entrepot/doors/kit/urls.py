"""Addresses of the kit: landing page, sign-in, account, language, and the gallery of components."""

from django.conf import settings
from django.urls import path

from entrepot.doors.kit import account, guide, landing, language, sign_in

app_name = "kit"
urlpatterns = [
    path("", landing.landing, name="landing"),
    path("guide/", guide.guide, name="guide"),
    path("guide/en/", guide.guide, {"language": "en"}, name="guide-en"),
    path("guide/en/<slug:slug>/", guide.guide, {"language": "en"}, name="guide-en-page"),
    path("guide/<slug:slug>/", guide.guide, name="guide-page"),
    path("<str:kind>/login/", sign_in.sign_in, name="sign-in"),
    path("<str:kind>/login/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("account/", account.account, name="account"),
    path("account/sign-out/", sign_in.sign_out, name="sign-out"),
    path("account/language/", language.switch, name="language"),
    path("account/confirm/", account.confirm, name="confirm"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", account.enrol, name="enrol"),
    path("account/second-factor/<int:factor_id>/remove/", account.remove_factor, name="remove-factor"),
    path("account/recovery-codes/", account.recovery_codes, name="recovery-codes"),
    path("account/passkeys/add/", account.add_passkey, name="add-passkey"),
    path("account/sessions/<int:session_id>/end/", account.end_session, name="end-session"),
    path("account/sessions/end-others/", account.end_other_sessions, name="end-other-sessions"),
]
if settings.DEBUG or settings.DEMO:
    from entrepot.doors.kit import gallery

    urlpatterns += [
        path("kit/gallery/", gallery.gallery, name="gallery"),
        path("kit/gallery/<str:name>/", gallery.sample, name="gallery-sample"),
    ]
