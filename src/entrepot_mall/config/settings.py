"""Django settings of a mall, all from the environment."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("ENTREPOT_DATA", "data/mall")).resolve()
DEBUG = False
DEMO = os.environ.get("ENTREPOT_DEMO") == "1"
SECRET_KEY = os.environ["ENTREPOT_SECRET_KEY"]
FIELD_KEY = os.environ["ENTREPOT_FIELD_KEY"]
MALL_URL = os.environ.get("ENTREPOT_MALL_URL", "").rstrip("/")
_HOST = urlsplit(MALL_URL).hostname or ""
ALLOWED_HOSTS = os.environ.get("ENTREPOT_HOSTS", f"127.0.0.1,localhost,[::1],{_HOST}").split(",")

_AS_OWNER = os.environ.get("ENTREPOT_AS_OWNER") == "1"
_LIMITS = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"


def _database(url: str) -> dict[str, object]:
    """Return Django's settings for a PostgreSQL address; a `host` in the query names a socket folder."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [unquote(parts.hostname or "")])[0],
        "PORT": str(parts.port or query.get("port", [""])[0]),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "entrepot_mall", "options": "" if _AS_OWNER else _LIMITS},
    }


DATABASES = {"default": _database(os.environ["DATABASE_OWNER_URL" if _AS_OWNER else "DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "heroicons",
    "entrepot_mall.doors.kit",
    "entrepot_mall.doors.front",
    "entrepot_mall.doors.office",
    "entrepot_mall.shop",
    "entrepot_mall.supply",
    "entrepot_mall.members",
    "entrepot_mall.orders",
    "entrepot_mall.channels",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "entrepot_mall.doors.kit.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "entrepot_mall.doors.kit.middleware.ShopOfHost",
]
ROOT_URLCONF = "entrepot_mall.config.urls"
WSGI_APPLICATION = "entrepot_mall.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "entrepot_mall.doors.kit.context.shop",
            ],
        },
    }
]
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "entrepot_language"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
LOGGING_CONFIG = None
STATIC_URL = "/static/"
STATIC_ROOT = None
STORAGES = {"staticfiles": {"BACKEND": "entrepot_mall.doors.kit.static_files.HashedAddresses"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 365 * 24 * 3600

_PORT = os.environ.get("ENTREPOT_PORT", "")
_HTTPS = os.environ.get("ENTREPOT_HTTPS") == "1"
# Cookies do not know ports: the name carries it, so that a mall and a platform on one machine stay apart.
SESSION_COOKIE_NAME = f"mall_session_{_PORT}".rstrip("_")
CSRF_COOKIE_NAME = f"mall_csrf_{_PORT}".rstrip("_")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 30 * 24 * 3600
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
CSRF_FAILURE_VIEW = "entrepot_mall.doors.kit.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
# Slow on purpose is the business of the hasher; a faster one would only help whoever steals the table.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
