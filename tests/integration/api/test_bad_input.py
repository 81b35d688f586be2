"""Whatever is wrong in a body, at every write of the schema: a problem that names the field, and nothing written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from rest_framework.test import APIClient

from api.samples import sample
from api.views import schema_text
from apps.products.tests.importing import png
from kernel.events.relay import deliver_all
from tests.fixtures import sign_in_afresh
from tests.integration.api.conftest import fill
from tests.integration.api.known_words import with_known_words
from tests.integration.api.wrong_values import HOSTILE, fields_of, resolved, with_value, wrong_values
from tests.integration.live_shop import LiveShop

pytestmark = pytest.mark.timeout(300)

JSON = "application/json"
FORM = "multipart/form-data"
FILES = {"/api/v1/media/": png(), "/api/v1/products/import/": b"Handle,Title\nmug,Mug\n"}
SIGNED = {"/api/v1/payments/stripe/webhook/"}
"""Their guard is a signature over the bytes, whatever they are; the tests of payments send them."""
BODIES = {
    "broken UTF-8": b'{"name": "\xff\xfe"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "NUL": b'{"name": "a\\u0000b"}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": 1e999}',
    "a number beyond 64 bits": b'{"name": 100000000000000000000}',
    "deeply nested": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "half": b'{"name": "a',
    "a list": b"[]",
    "a text": b'"name"',
    "two megabytes": b'{"name": "' + b"a" * 2_000_000 + b'"}',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One operation that writes, with a body that it takes."""

    method: str
    path: str
    url: str
    kind: str
    part: dict[str, Any]
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, slots=True)
class Judge:
    """Sends bodies as the owner, and takes back what they wrote."""

    client: APIClient
    ids: dict[str, str]
    schema: dict[str, Any]
    known: dict[str, Any]

    def writes(self) -> Iterator[Write]:
        """Return every operation with a body."""
        for path, methods in self.schema["paths"].items():
            if path in SIGNED:
                continue
            names = {
                "id": self.ids.get(path.split("/")[3], ""),
                "line_id": self.ids["line_id"],
                "user_id": self.ids["users"],
                "sku": self.ids["stock"],
            }
            for method, operation in methods.items():
                for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                    part = content["schema"]
                    body = self.example(self.known["paths"][path][method]["requestBody"]["content"][kind]["schema"])
                    yield Write(method=method, path=path, url=path.format(**names), kind=kind, part=part, body=body)

    def example(self, part: dict[str, Any]) -> Any:
        """Return a value that a part of the schema takes."""
        return sample(self.known, part)

    def filler(self, write: Write) -> Callable[[tuple[str | int, ...]], Any]:
        """Return a function that makes the inner part of a body at a path."""

        def fill_in(path: tuple[str | int, ...]) -> Any:
            part = write.part
            for key in path:
                whole = resolved(self.schema, part)
                part = whole["items"] if isinstance(key, int) else whole["properties"][key]
            return sample(self.known, resolved(self.schema, part), str(path[-1]))

        return fill_in

    def send(self, write: Write, body: Any, *, kind: str = "") -> tuple[Any, bool]:
        """Send a body, and return the answer and whether anything was written."""
        is_form = write.kind == FORM and not kind
        content = body if is_form or isinstance(body, bytes) else orjson.dumps(body)
        writes = Writes()
        with transaction.atomic(), connection.execute_wrapper(writes):
            answer = self._call(write, content, "form" if is_form else kind or JSON)
            transaction.set_rollback(True)
        return answer, bool(writes.seen)

    def _call(self, write: Write, content: Any, kind: str) -> Any:
        headers = {"Idempotency-Key": "judge"} if write.path == "/api/v1/orders/" else {}
        call = getattr(self.client, write.method)
        if kind == "form":
            return call(write.url, content, format="multipart", headers=headers)
        return call(write.url, content, content_type=kind, headers=headers)


class Writes:
    """Remembers the statements that write, whether or not they are taken back."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( ").upper().startswith(("INSERT", "UPDATE", "DELETE", "REPLACE")):
            self.seen.append(sql)
        return execute(sql, params, many, context)


class Owner:
    """Speaks to the shop in this process as ``requests`` speaks to one outside."""

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def get(self, url: str, **_: Any) -> Any:
        return self.client.get(url)

    def post(self, url: str, *, json: Any = None, data: Any = None, files: Any = None, headers: Any = None, timeout: int = 0) -> Any:  # fmt: skip
        if files is None:
            return self.client.post(url, json, headers=headers)
        return self.client.post(url, data | form_files(files), format="multipart")

    def patch(self, url: str, *, json: Any, timeout: int = 0) -> Any:
        return self.client.patch(url, json)


def form_files(files: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
    return {key: SimpleUploadedFile(name, content) for key, (name, content) in files.items()}


@pytest.fixture
def judge(super_user: Any) -> Judge:
    client = sign_in_afresh(APIClient(raise_request_exception=False), super_user)
    ids = fill(LiveShop(url="", environment={}), Owner(client), deliver=deliver_all)
    schema, known = orjson.loads(schema_text("json")), orjson.loads(schema_text("json"))
    return Judge(client, ids, schema, with_known_words(known, ids))


def complete(write: Write) -> dict[str, Any]:
    """Return the body that the operation takes; a form gets its file."""
    if write.kind == JSON:
        return write.body
    fields = {key: value for key, value in write.body.items() if key != "file"}
    return fields | form_files({"file": ("a.bin", FILES[write.path])})


def problem_with(answer: Any, *, field: str = "") -> str:
    """Return what is wrong with a refusal."""
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code}: {answer.content[:200]!r}"
    if answer.headers["Content-Type"] != "application/problem+json" or not answer.json().get("code"):
        return f"no problem: {answer.content[:200]!r}"
    if field and not any(name.split(".")[0] == field for name in answer.json().get("errors", ())):
        return f"{field} is not named: {answer.content[:300]!r}"
    return ""


def test_every_write_takes_a_body_that_is_made_from_the_schema(judge: Judge) -> None:
    answers = {str(write): judge.send(write, complete(write))[0] for write in judge.writes()}
    refused = {name: one.content for name, one in answers.items() if one.status_code not in {200, 201, 202, 204, 409}}

    assert refused == {}
    assert len(answers) > 35


@pytest.mark.once
def test_a_wrong_value_of_any_field_is_refused_by_name_and_writes_nothing(judge: Judge) -> None:
    wrong, count = [], 0
    for write in judge.writes():
        for path, part in fields_of(judge.schema, write.part) if write.kind == JSON else ():
            for value in wrong_values(judge.schema, part):
                body = with_value(write.body, path, value, judge.filler(write))
                answer, has_written = judge.send(write, body)
                found = problem_with(answer, field=str(path[0])) or ("written" if has_written else "")
                wrong += [f"{write} {path} = {str(value)[:40]!r}: {found}"] if found else []
                count += 1

    assert "\n".join(wrong) == ""
    assert count > 1500


@pytest.mark.once
def test_an_unknown_property_is_refused_by_name_and_writes_nothing(judge: Judge) -> None:
    wrong = []
    for write in judge.writes():
        for name in ("is_admin", "__proto__", "id"):
            answer, has_written = judge.send(write, {**complete(write), name: "1"})
            found = problem_with(answer, field=name) or ("written" if has_written else "")
            wrong += [f"{write} {name}: {found}"] if found else []

    assert "\n".join(wrong) == ""


@pytest.mark.once
def test_a_body_that_cannot_be_read_is_refused_and_writes_nothing(judge: Judge) -> None:
    wrong = []
    for write in judge.writes():
        for name, body in BODIES.items():
            answer, has_written = judge.send(write, body, kind=JSON)
            found = problem_with(answer) or ("written" if has_written else "")
            wrong += [f"{write} {name}: {found}"] if found else []

    assert "\n".join(wrong) == ""


@pytest.mark.once
def test_a_body_of_another_kind_is_refused_and_writes_nothing(judge: Judge) -> None:
    answers = {str(write): judge.send(write, b"name=a", kind="text/plain") for write in judge.writes()}

    assert {(answer.status_code, answer.json()["code"], has_written) for answer, has_written in answers.values()} == {
        (415, "unsupported_media_type", False)
    }


def test_hostile_text_is_text_or_refused_but_never_runs(judge: Judge) -> None:
    failed = []
    for write in judge.writes():
        for path, part in fields_of(judge.schema, write.part) if write.kind == JSON else ():
            if resolved(judge.schema, part).get("type") != "string":
                continue
            for text in HOSTILE:
                answer, _ = judge.send(write, with_value(write.body, path, text, judge.filler(write)))
                if answer.status_code >= 500:
                    failed.append(f"{write} {path}: {text}")
                if path == ("description",) and b"<script" in answer.content and "products" in write.path:
                    failed.append(f"{write} keeps a script")

    assert failed == []
