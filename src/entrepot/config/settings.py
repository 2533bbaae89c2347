"""Django settings, all from the environment."""

import os
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
    "django.contrib.postgres",
    "entrepot.events",
    "entrepot.parties",
    "entrepot.catalog",
    "entrepot.stock",
    "entrepot.ledger",
    "entrepot.orders",
    "entrepot.recharge",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
