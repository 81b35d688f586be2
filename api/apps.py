"""How Django knows the API layer."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API's index, schema and documents."""

    name = "api"
    label = "api"
