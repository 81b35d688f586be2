"""The WSGI application for any server."""

import os

from django.core.wsgi import get_wsgi_application

from kernel.checks import refuse_unsafe_start
from kernel.durability import warn_of_weak_databases
from kernel.http.readable import ReadableRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")

application = get_wsgi_application()
application.request_class = ReadableRequest
refuse_unsafe_start()
warn_of_weak_databases()
