"""Addresses of the API layer itself, below /api/v1/."""

from django.urls import path

from api import views

urlpatterns = [
    path("", views.index, name="api-index"),
    path("schema/", views.schema, name="api-schema"),
    path("docs/", views.swagger, name="api-docs"),
    path("errors/", views.errors, name="api-errors"),
    path("postman/", views.postman, name="api-postman"),
    path("redoc/", views.redoc, name="api-redoc"),
]
