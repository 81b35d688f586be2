"""E-mail addresses and ids compared letter by letter: MariaDB takes ``anna@exämple.com`` for ``anna@example.com``.

That is another person, at another domain; and MySQL does the same. An index of theirs finds all who are alike; their bytes tell them apart.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    TextIn = In[Any]
else:
    TextIn = In


class Spelled(TextIn):
    """True for rows that hold exactly one of these texts in a column: ``filter(Spelled("email", emails))``."""

    lookup_name = "spelled"

    def __init__(self, column: str, texts: Collection[str]) -> None:
        super().__init__(F(column), texts)

    def as_mysql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        alike, values = self.as_sql(compiler, connection)
        column = self.process_lhs(compiler, connection)[0]
        same = alike.replace(column, f"CAST({column} AS BINARY)", 1)
        return f"({alike} AND {same})", [*values, *values]
