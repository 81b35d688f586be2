"""How operations are described: ids, tags, who may call them without signing in, and what each field takes."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction
from rest_framework import serializers

from api.refusals import refusal
from api.vocabulary import country_schema, currency_schema
from kernel.http.validation import CountryField, CurrencyField

VOCABULARIES = {CountryField: ("Country", country_schema), CurrencyField: ("Currency", currency_schema)}
BEARER = "bearer"
"""The one way to sign in that may be limited to scopes; OpenAPI 3.1 names them there."""
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that was read; the write is refused when the thing changed since.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = IF_MATCH | {
    "name": "If-None-Match",
    "description": "The ETag that is known; 304 when nothing changed since.",
}


class ApiSchema(AutoSchema):
    """Tags by the first part of the path; a permission says itself which methods anybody may call."""

    def get_tags(self) -> list[str]:
        """Group operations by what they are about."""
        return [self.path.removeprefix("/api/v1/").split("/")[0] or "api"]

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to sign in; an empty one stands for nobody."""
        ways: list[dict[str, Any]] = super().get_auth()
        permissions = self.view.get_permissions()
        is_public = all(self.method in getattr(one, "allows_anonymous", ()) for one in permissions)
        if permissions and is_public and {} not in ways:
            ways.append({})
        scope = "" if is_public else getattr(self.view, "needed_scope", "")
        return [way | {BEARER: [scope]} if scope and BEARER in way else way for way in ways]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Add the preconditions of things that have tags."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and getattr(self.view, "has_etags", False):
            self._add_preconditions(operation)
        return operation

    def _add_preconditions(self, operation: dict[str, Any]) -> None:
        if self.method in {"PUT", "PATCH", "DELETE"}:
            operation.setdefault("parameters", []).append(IF_MATCH)
            operation["responses"]["412"] = refusal("412")
        elif self.method == "GET" and not self._is_list_view():
            operation.setdefault("parameters", []).append(IF_NONE_MATCH)
            operation["responses"]["304"] = {"description": "Nothing changed since."}

    def _map_serializer(self, serializer: Any, direction: Direction, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002 - drf-spectacular's signature
        """What comes in has no other properties."""
        schema = super()._map_serializer(serializer, direction, bypass_extensions)
        if direction == "request" and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
            if getattr(serializer, "is_whole", False):
                schema["required"] = [name for name, field in serializer.fields.items() if field.required]
        return schema

    def _map_serializer_field(self, field: Any, direction: Direction, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002 - drf-spectacular's signature
        """Say what is behind a field besides its type."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if schema is None:
            return None
        for kind, (name, words) in VOCABULARIES.items():
            if isinstance(field, kind):
                return self._vocabulary(name, words(), schema)
        if direction == "request" and isinstance(field, serializers.ListField) and not field.allow_empty:
            schema.setdefault("minItems", 1)
        return schema

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        """White space around a text is cut off, and something must be left."""
        super()._insert_field_validators(field, schema)
        is_text = schema.get("minLength") == 1 and not schema.keys() & {"pattern", "format", "$ref"}
        if is_text and getattr(field, "trim_whitespace", False):
            schema["pattern"] = r"\S"

    def _vocabulary(self, name: str, schema: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return component.ref | {key: field[key] for key in ("description", "default") if key in field}
