"""Product files in and out: an upload is answered at once and read in the background."""

import tempfile
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.selectors.imports import import_job, import_report
from apps.products.serializers.imports import ImportSerializer, NewImportSerializer
from apps.products.services.exporting import export_archive, export_csv
from apps.products.services.import_jobs import request_import
from contracts.rights import Right
from kernel import clock
from kernel.http.json import FastJSONRenderer
from kernel.http.principals import holders_of
from kernel.http.validation import QuerySerializer
from kernel.http.views import ApiView

CSV = "text/csv"
ZIP = "application/zip"


class CsvRenderer(BaseRenderer):
    """Names what an export answers, for the negotiation; the lines are streamed."""

    media_type = CSV
    format = "csv"

    def render(self, data: Any, *_: object, **__: object) -> Any:
        """Return what is given."""
        return data


class ZipRenderer(CsvRenderer):
    """The same for an archive."""

    media_type = ZIP
    format = "zip"


class ExportQuerySerializer(QuerySerializer):
    """What an export may be asked."""

    archive = serializers.BooleanField(default=False)


class ProductImportView(ApiView):
    """Take in a product file."""

    scope = "catalogue"
    permission_classes = (holders_of(Right.CATALOGUE),)
    parser_classes = (MultiPartParser,)
    serializer_class = NewImportSerializer

    @extend_schema(
        operation_id="products_import",
        request={"multipart/form-data": NewImportSerializer},
        responses={202: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Queue the import of a product file; look at its address for what became of it."""
        asked = NewImportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file = asked.validated_data["file"]
        job = request_import(
            file=file,
            filename=file.name,
            is_dry_run=asked.validated_data["dry_run"],
            sets_stock=asked.validated_data["set_stock"],
            actor=self.actor,
            now=clock.now(),
        )
        headers = {"Location": reverse("product-import", args=[job.id])}
        return Response(ImportSerializer(import_report(job)).data, status=HTTPStatus.ACCEPTED, headers=headers)


class ProductImportReportView(ApiView):
    """Tell what became of an import."""

    scope = "catalogue"
    permission_classes = (holders_of(Right.CATALOGUE),)
    serializer_class = ImportSerializer

    @extend_schema(operation_id="product_imports_retrieve", responses=ImportSerializer)
    def get(self, _request: Request, job_id: UUID) -> Response:
        """Read how far an import is, and what was refused."""
        return Response(ImportSerializer(import_report(import_job(job_id))).data)


class ProductExportView(ApiView):
    """Give out the whole catalogue as a file."""

    scope = "catalogue"
    permission_classes = (holders_of(Right.CATALOGUE),)
    renderer_classes = (FastJSONRenderer, CsvRenderer, ZipRenderer)
    serializer_class = ExportQuerySerializer

    @extend_schema(
        operation_id="products_export",
        parameters=[
            OpenApiParameter("archive", OpenApiTypes.BOOL, description="A ZIP that takes our own pictures along.")
        ],
        responses={(200, CSV): OpenApiTypes.STR, (200, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Download all products in Shopify's CSV format, or as a ZIP with pictures."""
        asked = ExportQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if asked.validated_data["archive"]:
            archive = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
            export_archive(archive)
            archive.seek(0)
            return FileResponse(archive, as_attachment=True, filename="products.zip", content_type=ZIP)
        return StreamingHttpResponse(
            export_csv(),
            content_type=f"{CSV}; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="products.csv"'},
        )
