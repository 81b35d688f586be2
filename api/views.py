"""The API's index, its schema, and two ways to read it."""

import re
from functools import cache
from importlib import import_module

import orjson
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from kernel.error_codes import all_codes
from kernel.http.json import fast_json
from kernel.http.own_address import own_address
from kernel.http.problem import problem_response
from kernel.http.security import content_security_policy
from kernel.topology import local_services

COLLECTION = re.compile(r"^\^?([a-z]+(?:-[a-z]+)*)/\$?(?:\\Z)?$")
YAML = "application/yaml"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Name every collection with its address."""
    root = own_address(request, reverse("api-index"))
    found = {name: f"{root}{name}/" for name in collections()}
    documents = {name: f"{root}{name}/" for name in ("schema", "docs", "redoc", "postman", "errors")}
    return fast_json({"version": "v1", "collections": found, "documents": documents})


@cache
def collections() -> tuple[str, ...]:
    """Return the names of the collections of the services that run here."""
    names: set[str] = set()
    for service in local_services():
        for pattern in import_module(f"apps.{service}.urls").api:
            if isinstance(pattern, URLPattern) and (match := COLLECTION.match(str(pattern.pattern))):
                names.add(match[1])
    return tuple(sorted(names))


@require_safe
def errors(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """List the codes of problem answers: where their ``type`` leads."""
    return fast_json({"results": all_codes()})


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI schema as JSON, or as YAML when asked."""
    wants_yaml = "yaml" in request.headers.get("Accept", "")
    form = request.GET.get("format", "yaml" if wants_yaml else "json")
    if form not in {"json", "yaml"}:
        message = "Either json or yaml."
        return problem_response(status=400, code="invalid_query", detail=message, errors={"format": [message]})
    content_type = "application/json" if form == "json" else YAML
    return HttpResponse(schema_text(form), content_type=content_type, headers={"Vary": "Accept"})


@require_safe
def postman(request: HttpRequest) -> HttpResponse:
    """Answer the Postman collection, set to this address."""
    from api.postman import collection  # noqa: PLC0415 - needed for the documents only

    made = collection(orjson.loads(schema_text("json")), base_url=own_address(request, "/").rstrip("/"))
    disposition = 'attachment; filename="saluhall.postman_collection.json"'
    return fast_json(made, headers={"Content-Disposition": disposition})


@cache
def schema_text(form: str) -> bytes:
    """Return the schema; it is the same for everybody and as long as the process lives."""
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415 - needed for the documents only

    document = SchemaGenerator().get_schema(request=None, public=True)
    if form == "json":
        return orjson.dumps(document)
    import yaml  # noqa: PLC0415 - as above

    return yaml.safe_dump(orjson.loads(orjson.dumps(document)), sort_keys=False, allow_unicode=True).encode()


@require_safe
@ensure_csrf_cookie
@content_security_policy({"style-src": "'self' 'unsafe-inline'"})
def swagger(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Show Swagger UI; its script writes styles of its own."""
    return HttpResponse(render_to_string("api/swagger.html", {"schema": reverse("api-schema")}))


@require_safe
@content_security_policy({"style-src": "'self' 'unsafe-inline'", "worker-src": "'self' blob:"})
def redoc(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Show ReDoc; its script writes styles of its own and searches in a worker."""
    return HttpResponse(render_to_string("api/redoc.html", {"schema": reverse("api-schema")}))
