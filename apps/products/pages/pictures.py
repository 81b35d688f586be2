"""The back office: the pictures of a product."""

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.products.forms.pictures import PictureForm, PictureTextForm
from apps.products.models.media import Media
from apps.products.pages.parts import REFUSED, found, office_url, posted, product_page
from apps.products.rules.pictures import MAX_BYTES
from apps.products.selectors.office import OfficeProduct, pictures_of
from apps.products.services import media
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required

TAB = "pictures/"


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def picture_list(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show the pictures, and take one in."""
    shown = found(product_id)
    form = PictureForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            media.add_picture(
                product_id=product_id,
                content=_content(form.cleaned_data["file"]),
                alt=form.cleaned_data["alt"],
                actor=actor_of(request),
                now=clock.now(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The picture is added."))
            return redirect(office_url(product_id, TAB))
    return _page(request, shown, form=form)


@require_POST
@right_required(Right.CATALOGUE)
def picture_edit(request: HttpRequest, product_id: UUID, media_id: UUID) -> HttpResponse:
    """Change what is told about a picture."""
    shown = found(product_id)
    picture = _picture(product_id, media_id)
    form = _text_form(shown, picture, data=request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["variant"]
        try:
            media.update_picture(
                media_id=media_id,
                changes={"alt": form.cleaned_data["alt"], "variant_id": UUID(chosen) if chosen else None},
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=_picture(product_id, media_id).version)
        else:
            messages.success(request, _("The picture is saved."))
            return redirect(office_url(product_id, TAB))
    return _page(request, shown, form=PictureForm(), refused=form, refused_id=media_id)


@require_POST
@right_required(Right.CATALOGUE)
def picture_delete(request: HttpRequest, product_id: UUID, media_id: UUID) -> HttpResponse:
    """Delete a picture."""
    media.remove_picture(media_id=_picture(product_id, media_id).id, actor=actor_of(request))
    messages.success(request, _("The picture is deleted."))
    return redirect(office_url(product_id, TAB))


@require_POST
@right_required(Right.CATALOGUE)
def picture_up(request: HttpRequest, product_id: UUID, media_id: UUID) -> HttpResponse:
    """Move a picture one place towards the front."""
    ids = [picture.id for picture in pictures_of(product_id)]
    if media_id not in ids:
        raise Http404
    place = ids.index(media_id)
    if place:
        ids[place - 1], ids[place] = ids[place], ids[place - 1]
        try:
            media.order_pictures(product_id=product_id, media_ids=ids, actor=actor_of(request))
        except DomainError as error:  # one came or went meanwhile
            messages.error(request, error.message)
    return redirect(office_url(product_id, TAB))


def _content(file: UploadedFile) -> bytes:
    content: bytes = file.read(MAX_BYTES + 1)
    return content


def _page(
    request: HttpRequest,
    shown: OfficeProduct,
    *,
    form: PictureForm,
    refused: PictureTextForm | None = None,
    refused_id: UUID | None = None,
) -> HttpResponse:
    rows = [
        {"picture": picture, "form": refused if picture.id == refused_id else _text_form(shown, picture)}
        for picture in pictures_of(shown.product.id)
    ]
    status = REFUSED if form.errors or refused is not None else 200
    return product_page(request, shown, "pictures", status=status, form=form, rows=rows)


def _text_form(shown: OfficeProduct, picture: Media, *, data: object = None) -> PictureTextForm:
    return PictureTextForm(
        data,
        initial={"alt": picture.alt, "variant": str(picture.variant_id or ""), "version": picture.version},
        variants=[(str(variant.id), variant.name or variant.sku) for variant in shown.variants],
        auto_id=f"id_{picture.id}_%s",
    )


def _picture(product_id: UUID, media_id: UUID) -> Media:
    for picture in pictures_of(product_id):
        if picture.id == media_id:
            return picture
    raise Http404
