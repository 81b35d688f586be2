"""Imports in the background: answered at once, resumed after a kill, never done twice."""

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from apps.products.models.catalogue import Product
from apps.products.models.imports import ImportJob, ImportPart, ImportProblem
from apps.products.models.stock import StockMovement
from apps.products.rules.csv_reading import UnreadableFileError
from apps.products.selectors.imports import import_report
from apps.products.services import import_jobs, importing
from apps.products.services.import_jobs import (
    LEASE,
    LeaseLostError,
    claim_import,
    forget_old_imports,
    record_outcome,
    request_import,
    run_imports,
)
from apps.products.services.importing import Outcome
from apps.products.tests.importing import csv, exported, png
from kernel.actors import ANONYMOUS, SYSTEM
from kernel.errors import ForbiddenError
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db
WITH_PICTURES = "Handle,Title,Variant Price,Image Src"
SIX = csv(*(f"p{number},Product {number},,,,{number + 1},1" for number in range(6)))


@pytest.fixture(autouse=True)
def _batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_PRODUCTS", 2)


def queued(content: bytes = SIX, **options: Any) -> ImportJob:
    wanted = {"is_dry_run": False, "sets_stock": False, "actor": SYSTEM, **options}
    return request_import(file=io.BytesIO(content), filename="in.csv", now=NOON, **wanted)


def report(job: ImportJob) -> dict[str, Any]:
    job.refresh_from_db()
    told = import_report(job)
    names = ("state", "total", "done", "created", "updated", "unchanged", "refused")
    return {name: told[name] for name in names}


def test_an_upload_is_kept_and_read_later(noon: datetime) -> None:
    job = queued(csv("a,A,,,,1,", "b,B,,,,x,"))
    assert not Product.objects.exists()

    assert run_imports()

    done = {"state": "done", "total": 2, "done": 2, "created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    assert report(job) == done
    assert import_report(job)["problems"] == [{"row": 3, "message": "the price “x” is not a number"}]
    assert (job.started_at, job.finished_at) == (NOON, NOON)
    assert not ImportPart.objects.exists()
    assert not run_imports()


def test_a_file_larger_than_a_part_comes_back_whole(noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "PART", 10)
    job = queued()

    run_imports()

    assert report(job)["created"] == 6


def test_a_file_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(UnreadableFileError):
        queued(b"Handle,Price\n")

    assert not ImportJob.objects.exists()


def test_only_staff_may_ask_for_an_import() -> None:
    with pytest.raises(ForbiddenError):
        queued(actor=ANONYMOUS)


def test_an_import_works_in_slices(noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "SLICE_SECONDS", -1.0)
    job = queued()

    run_imports()
    assert (report(job)["state"], report(job)["done"], Product.objects.count()) == ("running", 2, 2)
    run_imports()
    run_imports()
    run_imports()

    assert (report(job)["state"], report(job)["created"]) == ("done", 6)


def test_a_worker_that_is_killed_loses_and_repeats_nothing(
    stop_clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_clock(NOON)
    job = queued()
    written = import_jobs.record_outcome
    calls: list[int] = []

    def killed(**asked: Any) -> None:
        calls.append(1)
        written(**asked)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(import_jobs, "record_outcome", killed)
    with pytest.raises(KeyboardInterrupt):
        run_imports()
    assert (Product.objects.count(), report(job)["done"]) == (2, 2)
    assert not run_imports()

    stop_clock(NOON + timedelta(minutes=3))
    assert run_imports()

    assert report(job) == {
        "state": "done",
        "total": 6,
        "done": 6,
        "created": 6,
        "updated": 0,
        "unchanged": 0,
        "refused": 0,
    }
    assert StockMovement.objects.count() == 6


def test_an_import_that_a_clock_leased_for_a_year_is_taken_over() -> None:
    job = queued()
    claim_import(now=NOON + timedelta(days=365))

    assert claim_import(now=NOON + LEASE) == job
    assert claim_import(now=NOON + LEASE) is None


def test_who_has_lost_the_lease_writes_nothing(stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON)
    queued()
    slow = claim_import(now=NOON)
    assert slow is not None
    assert claim_import(now=NOON) is None
    other = claim_import(now=NOON + timedelta(minutes=3))
    assert other is not None

    with pytest.raises(LeaseLostError):
        record_outcome(job=slow, outcome=Outcome(done=2, created=2))

    assert report(other)["done"] == 0


def test_an_import_that_never_gets_on_is_given_up(
    stop_clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queued()

    def killed(**_asked: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(import_jobs, "record_outcome", killed)
        for attempt in range(5):
            stop_clock(NOON + timedelta(minutes=3 * attempt))
            with pytest.raises(KeyboardInterrupt):
                run_imports()
    stop_clock(NOON + timedelta(minutes=30))
    run_imports()

    assert report(job)["state"] == "failed"
    assert ImportProblem.objects.get().message.startswith("The import stopped several times")


def test_a_dry_run_in_the_background_counts_and_writes_nothing(noon: datetime) -> None:
    job = queued(is_dry_run=True)
    before = exported()

    run_imports()

    assert (report(job)["state"], report(job)["created"], exported()) == ("done", 6, before)


def test_old_imports_are_forgotten(stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON)
    queued()
    run_imports()
    stop_clock(NOON + timedelta(days=29))
    assert forget_old_imports() == 0

    stop_clock(NOON + timedelta(days=31))

    assert forget_old_imports() == 1
    assert not ImportJob.objects.exists()


@pytest.fixture
def _no_leftovers(transactional_db: None) -> Iterator[None]:
    yield
    connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_leftovers")
def test_two_workers_at_once_do_one_import_once() -> None:
    job = queued(csv(*(f"p{number},P,,,,1,1" for number in range(20))))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                run_imports()
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    assert (report(job)["state"], report(job)["done"], report(job)["created"]) == ("done", 20, 20)
    assert (Product.objects.count(), StockMovement.objects.count()) == (20, 20)


def upload(client: APIClient, content: bytes, **fields: Any) -> Any:
    file = io.BytesIO(content)
    file.name = "shop.csv"
    return client.post("/api/v1/products/import/", {"file": file, **fields}, format="multipart")


def test_the_api_answers_at_once_and_tells_later(api: APIClient, staff: Any) -> None:
    api.force_authenticate(staff)

    answer = upload(api, SIX, dry_run="false")

    assert answer.status_code == 202
    told = answer.json()
    assert (told["state"], told["total"], told["problems"]) == ("queued", 0, [])
    assert answer.headers["Location"] == f"/api/v1/product-imports/{told['id']}/"
    run_imports()
    later = api.get(answer.headers["Location"])
    assert later.status_code == 200
    assert (later.json()["state"], later.json()["created"], later.json()["done"]) == ("done", 6, 6)


def test_the_api_names_what_is_wrong_with_an_upload(api: APIClient, staff: Any) -> None:
    api.force_authenticate(staff)

    missing = upload(api, b"Handle,Price\na,1\n")
    nothing = api.post("/api/v1/products/import/", {}, format="multipart")
    unknown = upload(api, SIX, colour="red")
    empty = upload(api, b"")

    assert (missing.status_code, missing.json()["code"]) == (400, "unreadable_file")
    assert missing.json()["errors"]["file"] == ["The column “Title” is missing."]
    assert [answer.status_code for answer in (nothing, unknown, empty)] == [400, 400, 400]
    assert not ImportJob.objects.exists()


def test_an_archive_can_be_uploaded_with_its_pictures(api: APIClient, staff: Any, noon: datetime) -> None:
    api.force_authenticate(staff)
    table = csv("mug,Mug,3,pictures/mug.png", "cup,Cup,3,../../etc/passwd.png", header=WITH_PICTURES)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("products.csv", table)
        archive.writestr("pictures/mug.png", png())

    answer = upload(api, packed.getvalue())
    run_imports()

    told = api.get(answer.headers["Location"]).json()
    assert (told["state"], told["created"], told["pictures_added"], told["pictures_left_out"]) == ("done", 2, 1, 1)
    assert told["left_out"] == [
        {
            "row": 3,
            "message": "the picture “../../etc/passwd.png” was left out: there is no such picture in the archive",
        }
    ]


def test_an_uploaded_table_reaches_no_file_of_the_server(api: APIClient, staff: Any, noon: datetime) -> None:
    api.force_authenticate(staff)

    answer = upload(api, csv("mug,Mug,3,pictures/mug.png", header=WITH_PICTURES))
    run_imports()

    told = api.get(answer.headers["Location"]).json()
    assert told["pictures_left_out"] == 1
    assert told["left_out"][0]["message"].endswith("only a picture with an http or https address can be fetched")


def test_only_staff_uses_imports_and_exports(api: APIClient, shopper: Any) -> None:
    job = queued()
    paths = [f"/api/v1/product-imports/{job.id}/", "/api/v1/products/export/"]
    strangers = [api.get(path).status_code for path in paths] + [upload(api, SIX).status_code]
    api.force_authenticate(shopper)

    customers = [api.get(path).status_code for path in paths] + [upload(api, SIX).status_code]

    assert all(status in {401, 403} for status in strangers)
    assert customers == [403, 403, 403]


def test_the_api_gives_the_catalogue_as_a_file(api: APIClient, staff: Any, noon: datetime) -> None:
    queued()
    run_imports()
    api.force_authenticate(staff)

    table = api.get("/api/v1/products/export/", headers={"accept": "text/csv"})
    archive = api.get("/api/v1/products/export/", {"archive": "true"})
    wrong = api.get("/api/v1/products/export/", {"archive": "perhaps"})

    assert (table.status_code, b"".join(table.streaming_content)) == (200, exported())
    assert table.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert (archive.status_code, b"".join(archive.streaming_content)[:2]) == (200, b"PK")
    assert wrong.status_code == 400
    assert api.get("/api/v1/product-imports/0190b0e0-0000-7000-8000-000000000000/").status_code == 404
