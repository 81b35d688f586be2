"""How operations are described: ids, tags and what each may answer."""

from drf_spectacular.openapi import AutoSchema


class ApiSchema(AutoSchema):
    """Tags by the first part of the path."""

    def get_tags(self) -> list[str]:
        """Group operations by what they are about."""
        parts = self.path.removeprefix("/api/v1/").split("/")
        return [parts[0] or "api"]
