"""Addresses of the platform's pages about referrers."""

from django.urls import path

from entrepot.doors.platform import referral_grades, referral_statements, referrer_acts, referrers

REFERRALS = [
    path("referrers/", referrers.referrers, name="referrers"),
    path("referrers/new/", referrers.referrer_new, name="referrer-new"),
    path("referrers/<int:referrer_id>/", referrers.referrer, name="referrer"),
    path("referrers/<int:referrer_id>/change/", referrers.referrer_change, name="referrer-change"),
    path("referrers/<int:referrer_id>/state/", referrers.referrer_state, name="referrer-state"),
    path("referrers/<int:referrer_id>/attach/", referrer_acts.attach, name="referrer-attach"),
    path(
        "referrers/<int:referrer_id>/attachments/<int:attachment_id>/end/", referrer_acts.detach, name="referrer-detach"
    ),
    path("referrers/<int:referrer_id>/pay/", referrer_acts.pay, name="referrer-pay"),
    path("referrers/<int:referrer_id>/entries/", referral_statements.entries, name="referrer-entries"),
    path("referrers/payouts/<int:payout_id>/return/", referrer_acts.payout_return, name="payout-return"),
    path("referrers/payouts/<int:payout_id>/proof/", referrer_acts.proof, name="referrer-proof"),
    path("referral-statements/", referral_statements.statements, name="referral-statements"),
    path("referral-grades/", referral_grades.grades, name="referral-grades"),
    path("referral-grades/new/", referral_grades.grade_new, name="referral-grade-new"),
    path("referral-grades/<int:grade_id>/", referral_grades.grade_edit, name="referral-grade-edit"),
]
