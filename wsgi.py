"""The WSGI application: `gunicorn wsgi:app`."""

from webapp import create_app
from webapp.errors import ConfigurationError

try:
    app = create_app()
except ConfigurationError as problem:  # one sentence that says what to set, and no traceback around it
    raise SystemExit(str(problem)) from None
