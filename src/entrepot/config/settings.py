"""Django settings, all from the environment."""

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("ENTREPOT_DATA", "data")).resolve()
DEBUG = os.environ.get("ENTREPOT_DEBUG") == "1"
DEMO = os.environ.get("ENTREPOT_DEMO") == "1"
SECRET_KEY = os.environ["ENTREPOT_SECRET_KEY"]
FIELD_KEY = os.environ["ENTREPOT_FIELD_KEY"]
ALLOWED_HOSTS = os.environ.get("ENTREPOT_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")

_AS_OWNER = os.environ.get("ENTREPOT_AS_OWNER") == "1"
# Nobody waits longer than 5 s for a lock, and no writer stays open longer than 30 s: the change feed waits for it.
_LIMITS = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"


def _database(url: str) -> dict[str, object]:
    """Return Django's settings for a PostgreSQL address; a `host` in the query names a socket folder."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query.get("host", [unquote(parts.hostname or "")])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.get("port", [""])[0]),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            "application_name": os.environ.get("ENTREPOT_PROCESS", "entrepot"),
            "prepare_threshold": 3,
            "options": "" if _AS_OWNER else _LIMITS,
        },
    }


DATABASES = {"default": _database(os.environ["DATABASE_OWNER_URL" if _AS_OWNER else "DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "entrepot.doors.kit",
    "entrepot.doors.platform",
    "entrepot.doors.supplier",
    "entrepot.doors.distributor",
    "entrepot.doors.referrer",
    "entrepot.events",
    "entrepot.parties",
    "entrepot.catalog",
    "entrepot.freight",
    "entrepot.pricing",
    "entrepot.stock",
    "entrepot.ledger",
    "entrepot.orders",
    "entrepot.fulfilment",
    "entrepot.aftersale",
    "entrepot.recharge",
    "entrepot.membership",
    "entrepot.settlement",
    "entrepot.referral",
    "entrepot.callbacks",
    "entrepot.sandbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "entrepot.doors.kit.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "entrepot.doors.kit.language.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "entrepot.config.urls"
WSGI_APPLICATION = "entrepot.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "entrepot.doors.kit.context.kit",
            ]
        },
    }
]
AUTH_USER_MODEL = "parties.User"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
LOGGING_CONFIG = "entrepot.base.logs.configure"
LOGGING = {"level": "INFO", "libraries": "WARNING"}
STATIC_URL = "/static/"
STATIC_ROOT = None
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# Pages. Cookies do not know ports: the name carries it, so that two instances on one machine stay apart.
_PORT = os.environ.get("ENTREPOT_PORT", "")
_HTTPS = os.environ.get("ENTREPOT_HTTPS") == "1"
SESSION_COOKIE_NAME = f"entrepot_session_{_PORT}".rstrip("_")
CSRF_COOKIE_NAME = f"entrepot_csrf_{_PORT}".rstrip("_")
LANGUAGE_COOKIE_NAME = "entrepot_language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SESSION_COOKIE_AGE = 12 * 3600
CSRF_FAILURE_VIEW = "entrepot.doors.kit.errors.csrf_failure"
# Messages ride in a cookie: showing one must not write to the database.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "entrepot.doors.kit.static_files.HashedAddresses"},
}
# Static files come straight from the packages, under addresses that carry their hash.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 0 if DEBUG else 365 * 24 * 3600
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Sign-in.
LOGIN_URL = "/"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "entrepot.doors.kit.backend.EntranceBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
# Failures while locked do not prolong the lock, or a stranger could keep somebody out for good.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "entrepot.doors.kit.addresses.client_ip"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# Sign-in answers a lock itself, so the lock's middleware is not needed; and the lock goes by account, not by address:
# whoever changes addresses, browsers or cookies guesses no faster.
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W006"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "entrepot.doors.kit.second_factor.SealedSecrets"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
# Passkeys need HTTPS, save on localhost, where browsers allow them for trials.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS

# The trade: what time does by itself.
RECEIPT_AFTER_DAYS = int(os.environ.get("ENTREPOT_RECEIPT_DAYS", "15"))
COMPLETION_AFTER_DAYS = int(os.environ.get("ENTREPOT_COMPLETION_DAYS", "7"))

# Ranges callbacks may go to besides public addresses: none, loopback for a local trial, or what the operator names.
_CALLBACK_NETWORKS = os.environ.get("ENTREPOT_CALLBACK_NETWORKS", "")
if os.environ.get("ENTREPOT_ALLOW_PRIVATE_CALLBACKS") == "1":
    _CALLBACK_NETWORKS += ",127.0.0.0/8,::1/128"
CALLBACK_NETWORKS = [ip_network(text.strip()) for text in _CALLBACK_NETWORKS.split(",") if text.strip()]
