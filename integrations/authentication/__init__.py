"""Sign-in by django-allauth: what it wants of us."""
