"""The back office: the tree of categories."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.products.forms.categories import CategoryForm, category_initial
from apps.products.models.catalogue import Category
from apps.products.pages.parts import REFUSED, posted
from apps.products.selectors.office import category_by_id, category_choices, office_categories
from apps.products.services import categories
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required

CATEGORIES = "/office/categories/"


@require_safe
@right_required(Right.CATALOGUE)
def category_list(request: HttpRequest) -> HttpResponse:
    """Show the tree."""
    return render(request, "products/office/categories.html", {"categories": office_categories()})


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def category_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new category, and make it."""
    initial = {"parent": request.GET.get("parent")}
    form = CategoryForm(posted(request), parents=category_choices(), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            category = categories.create_category(fields=form.as_fields(), actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": category.name})
            return redirect(CATEGORIES)
    return render(request, "products/office/category.html", {"form": form}, status=REFUSED if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.CATALOGUE)
def category_edit(request: HttpRequest, category_id: UUID) -> HttpResponse:
    """Show a category to be changed or moved, and do it."""
    category = _found(category_id)
    form = CategoryForm(posted(request), parents=category_choices(without=category), initial=category_initial(category))
    if request.method == "POST" and form.is_valid():
        try:
            categories.update_category(
                category_id=category_id,
                changes=form.as_fields(),
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=_found(category_id).version)
        else:
            messages.success(request, _("The category is saved."))
            return redirect(CATEGORIES)
    context = {"form": form, "category": category}
    return render(request, "products/office/category.html", context, status=REFUSED if form.errors else 200)


@require_POST
@right_required(Right.CATALOGUE)
def category_delete(request: HttpRequest, category_id: UUID) -> HttpResponse:
    """Delete a category, or say why that cannot be."""
    category = _found(category_id)
    try:
        categories.delete_category(category_id=category_id, actor=actor_of(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(f"{CATEGORIES}{category_id}/")
    messages.success(request, _("“%(name)s” is deleted.") % {"name": category.name})
    return redirect(CATEGORIES)


def _found(category_id: UUID) -> Category:
    category = category_by_id(category_id)
    if category is None:
        raise Http404
    return category
