"""How operations are described: ids, tags, and who may call them without signing in."""

from typing import Any

from drf_spectacular.openapi import AutoSchema


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
        return ways
