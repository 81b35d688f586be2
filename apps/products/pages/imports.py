"""The back office: product files in and out."""

import tempfile
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.products.forms.imports import ImportForm
from apps.products.models.imports import ImportJob
from apps.products.pages.parts import REFUSED, posted
from apps.products.selectors.office import ShownImport, latest_imports, shown_import
from apps.products.services.exporting import export_archive, export_csv
from apps.products.services.import_jobs import request_import
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required

IMPORTS = "/office/import/"
WHOLE = 100


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def import_list(request: HttpRequest) -> HttpResponse:
    """Show earlier imports, and take in a file."""
    form = ImportForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        job = _requested(request, form)
        if job is not None:
            messages.success(request, _("The file is read now. You may leave this page."))
            return redirect(f"{IMPORTS}{job.id}/")
    context = {"form": form, "jobs": latest_imports()}
    return render(request, "products/office/imports.html", context, status=REFUSED if form.errors else 200)


@require_safe
@right_required(Right.CATALOGUE)
def import_progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show how far an import is and what came of it; asked for by htmx, the changing part alone."""
    shown = shown_import(job_id)
    if shown is None:
        raise Http404
    is_part = request.headers.get("HX-Request") == "true"
    template = "products/office/_import.html" if is_part else "products/office/import.html"
    return render(request, template, {"shown": shown, "job": shown.job, "percent": _percent(shown)})


@require_safe
@right_required(Right.CATALOGUE)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the whole catalogue as a CSV, or as a ZIP with its pictures."""
    kind = request.GET.get("format", "csv")
    if kind == "zip":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        export_archive(file)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename="products.zip", content_type="application/zip")
    if kind != "csv":
        raise Http404
    answer = StreamingHttpResponse(export_csv(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="products.csv"'
    return answer


def _requested(request: HttpRequest, form: ImportForm) -> ImportJob | None:
    file = form.cleaned_data["file"]
    try:
        return request_import(
            file=file.file,
            filename=file.name,
            is_dry_run=form.cleaned_data["dry_run"],
            sets_stock=form.cleaned_data["set_stock"],
            actor=actor_of(request),
            now=clock.now(),
        )
    except DomainError as error:
        if error.fields:
            form.refuse(error)
        else:
            form.add_error("file", error.message)
        return None


def _percent(shown: ShownImport) -> int:
    if shown.is_over:
        return WHOLE
    job = shown.job
    return min(WHOLE - 1, job.done * WHOLE // job.total) if job.total else 0
