"""The database's own full-text search, each vendor's in its own words.

``search_text`` holds words without accents and punctuation (``rules.search``), so all three split it alike.
On SQLite the index is kept by triggers. Rebuilding the table, as SQLite's migrations may, drops those: a migration
that alters ``products_product`` there must run ``install`` again.
"""

from typing import TYPE_CHECKING, Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Lookup
from django.db.models.sql.compiler import SQLCompiler

POSTGRESQL = (
    """ALTER TABLE products_product ADD COLUMN search_vector tsvector
        GENERATED ALWAYS AS (to_tsvector('simple', search_text)) STORED""",
    "CREATE INDEX products_product_search ON products_product USING gin (search_vector)",
)
POSTGRESQL_REMOVAL = ("ALTER TABLE products_product DROP COLUMN search_vector",)
MYSQL = ("CREATE FULLTEXT INDEX products_product_search ON products_product (search_text)",)
MYSQL_REMOVAL = ("DROP INDEX products_product_search ON products_product",)
SQLITE = (
    "CREATE TABLE IF NOT EXISTS products_search_row (id INTEGER PRIMARY KEY, product_id char(32) NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS products_search USING fts5(search_text, tokenize='unicode61')",
    """CREATE TRIGGER IF NOT EXISTS products_search_insert AFTER INSERT ON products_product BEGIN
        INSERT INTO products_search_row (product_id) VALUES (new.id);
        INSERT INTO products_search (rowid, search_text)
            SELECT id, new.search_text FROM products_search_row WHERE product_id = new.id;
    END""",
    """CREATE TRIGGER IF NOT EXISTS products_search_update AFTER UPDATE OF search_text ON products_product
    WHEN old.search_text <> new.search_text BEGIN
        UPDATE products_search SET search_text = new.search_text
            WHERE rowid = (SELECT id FROM products_search_row WHERE product_id = new.id);
    END""",
    """CREATE TRIGGER IF NOT EXISTS products_search_delete AFTER DELETE ON products_product BEGIN
        DELETE FROM products_search WHERE rowid = (SELECT id FROM products_search_row WHERE product_id = old.id);
        DELETE FROM products_search_row WHERE product_id = old.id;
    END""",
)
SQLITE_REMOVAL = (
    "DROP TRIGGER IF EXISTS products_search_insert",
    "DROP TRIGGER IF EXISTS products_search_update",
    "DROP TRIGGER IF EXISTS products_search_delete",
    "DROP TABLE IF EXISTS products_search",
    "DROP TABLE IF EXISTS products_search_row",
)
SQLITE_FOUND = """SELECT products_search_row.product_id FROM products_search
    JOIN products_search_row ON products_search_row.id = products_search.rowid WHERE products_search MATCH %s"""
INSTALL = {"postgresql": POSTGRESQL, "mysql": MYSQL, "sqlite": SQLITE}
REMOVE = {"postgresql": POSTGRESQL_REMOVAL, "mysql": MYSQL_REMOVAL, "sqlite": SQLITE_REMOVAL}


if TYPE_CHECKING:
    TextLookup = Lookup[list[str]]
else:
    TextLookup = Lookup


def install(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the search index of the connected database."""
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the search index of the connected database."""
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class SearchMatch(TextLookup):
    """True for products whose text has each of the words as a word or as the beginning of one.

    A lookup and no plain expression, because Django would compare that with 1, and a MATCH is a number.
    Words must come from ``rules.search.terms``: small letters and digits only.
    """

    lookup_name = "search_match"
    prepare_rhs = False

    def __init__(self, words: list[str]) -> None:
        super().__init__(F("search_text"), words)

    def as_postgresql(self, compiler: SQLCompiler, _connection: object, **_: Any) -> tuple[str, list[Any]]:
        query = " & ".join(f"{word}:*" for word in self.rhs)
        return f"{self._table(compiler)}.search_vector @@ to_tsquery('simple', %s)", [query]

    def as_mysql(self, compiler: SQLCompiler, _connection: object, **_: Any) -> tuple[str, list[Any]]:
        query = " ".join(f"+{word}*" for word in self.rhs)
        return f"MATCH ({self._table(compiler)}.search_text) AGAINST (%s IN BOOLEAN MODE)", [query]

    def as_sqlite(self, compiler: SQLCompiler, _connection: object, **_: Any) -> tuple[str, list[Any]]:
        query = " ".join(f'"{word}"*' for word in self.rhs)
        return f"{self._table(compiler)}.id IN ({SQLITE_FOUND})", [query]

    def _table(self, compiler: SQLCompiler) -> str:
        return compiler.quote_name_unless_alias(self.lhs.alias)
