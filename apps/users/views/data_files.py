"""A person's own data as a file, the same by API and from the account pages."""

from uuid import UUID

from django.http import HttpResponse

from apps.users.services.personal_data import personal_data
from kernel import clock
from kernel.http.json import dumps


def data_file(*, user_id: UUID) -> HttpResponse:
    """Answer with the document as a download that nothing on the way keeps."""
    now = clock.now()
    content = dumps(personal_data(user_id=user_id, now=now))
    return HttpResponse(
        content,
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="my-data-{now:%Y-%m-%d}.json"',
            "Cache-Control": "no-store",
        },
    )
