"""Entry point of the pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
application = get_wsgi_application()

from entrepot.config.starting import refuse_unfit  # noqa: E402 - the settings come first

refuse_unfit()
