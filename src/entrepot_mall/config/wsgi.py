"""Entry point of the pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot_mall.config.settings")
application = get_wsgi_application()
