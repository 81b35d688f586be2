"""Shapes of imports: the upload, and what became of it."""

from typing import Any

from rest_framework import serializers

from apps.products.models.imports import ImportState
from kernel.http.validation import StrictSerializer


class NewImportSerializer(StrictSerializer):
    """A product file and what to do with it."""

    file = serializers.FileField(
        max_length=255, help_text="A CSV in Shopify's product format, or a ZIP with products.csv and pictures."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Say what would happen and write nothing.")
    set_stock = serializers.BooleanField(
        default=False, help_text="Set the stock of products that exist to the quantities of the file."
    )


class ImportProblemSerializer(serializers.Serializer[Any]):
    """Why a row was refused, or a picture left out."""

    row = serializers.IntegerField(help_text="As a spreadsheet counts; the header is row 1, 0 is the whole file.")
    message = serializers.CharField()


class ImportSerializer(serializers.Serializer[Any]):
    """An import and what became of it so far."""

    id = serializers.UUIDField()
    filename = serializers.CharField()
    state = serializers.ChoiceField(choices=ImportState.choices)
    dry_run = serializers.BooleanField()
    set_stock = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Products in the file; 0 until the work has begun.")
    done = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    pictures_added = serializers.IntegerField()
    pictures_left_out = serializers.IntegerField()
    problems = ImportProblemSerializer(many=True, help_text="The first 500.")
    left_out = ImportProblemSerializer(many=True, help_text="Pictures; the first 500.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
