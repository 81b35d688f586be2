"""The back office: who works here, by permission groups."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.users import rules, selectors
from apps.users.forms import GroupForm, MemberForm, right_label
from apps.users.models import PermissionGroup
from apps.users.services import groups
from contracts.rights import MEANINGS, Right
from integrations.authentication.reauthentication import fresh_proof_required, fresh_proof_to_change
from kernel import clock
from kernel.errors import DomainError
from kernel.http.paging import KeysetPagination, page_of
from kernel.http.principals import actor_of, right_required

REFUSED = 422
STAFF = "users:office_staff"


class Members(KeysetPagination):
    """The people of a group."""

    page_size = 25
    orderings = {"email": ("email", "id")}
    default_ordering = "email"


@never_cache
@require_safe
@right_required(Right.STAFF)
def group_list(request: HttpRequest) -> HttpResponse:
    """List the permission groups."""
    found = selectors.visible_groups(actor_of(request)).order_by("name", "id")
    rows = [{"group": group, "rights": _in_words(group)} for group in found]
    return render(request, "users/office/groups.html", {"rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.STAFF)
@fresh_proof_to_change
def group_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new group, and make it."""
    actor = actor_of(request)
    form = GroupForm(request.POST if request.method == "POST" else None, actor=actor)
    if form.is_valid():
        try:
            group = groups.create_group(**form.as_group(), actor=actor, now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The group is made. Now say who is in it."))
            return redirect(_address(group.id))
    return render(request, "users/office/group_new.html", {"form": form}, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.STAFF)
@fresh_proof_to_change
def group(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Show a group, and change its name and rights."""
    shown, actor = _found(request, group_id), actor_of(request)
    if request.method != "POST":
        return _draw(request, shown)
    form = GroupForm(request.POST, actor=actor)
    if form.is_valid():
        try:
            groups.change_group(group_id=group_id, **form.as_group(), actor=actor, now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The group is saved; its members work with these rights now."))
            return redirect(_address(group_id))
    return _draw(request, shown, form=form)


@require_POST
@right_required(Right.STAFF)
@fresh_proof_required
def group_delete(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Take a group away."""
    shown = _found(request, group_id)
    try:
        groups.delete_group(group_id=group_id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(_address(group_id))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": shown.name})
    return redirect(STAFF)


@require_POST
@right_required(Right.STAFF)
@fresh_proof_required
def member_add(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Put somebody into a group, by the e-mail address of the account."""
    shown, actor, form = _found(request, group_id), actor_of(request), MemberForm(request.POST)
    if form.is_valid():
        try:
            person = selectors.person_with(form.cleaned_data["email"])
            groups.add_member(group_id=group_id, user_id=person.id, actor=actor, now=clock.now())
        except DomainError as error:
            form.add_error("email", error.message)
        else:
            messages.success(request, _("%(email)s is in the group.") % {"email": person.email})
            return redirect(_address(group_id))
    return _draw(request, shown, member_form=form)


@require_POST
@right_required(Right.STAFF)
@fresh_proof_required
def member_remove(request: HttpRequest, group_id: UUID, user_id: UUID) -> HttpResponse:
    """Take somebody out of a group."""
    _found(request, group_id)
    try:
        groups.remove_member(group_id=group_id, user_id=user_id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The person is out of the group, and its rights are gone."))
    return redirect(_address(group_id))


def _draw(
    request: HttpRequest,
    shown: PermissionGroup,
    *,
    form: GroupForm | None = None,
    member_form: MemberForm | None = None,
) -> HttpResponse:
    actor, held = actor_of(request), rules.rights_in(shown.rights)
    is_member = actor.id is not None and shown.members.filter(id=actor.id).exists()
    status = REFUSED if (form and form.errors) or (member_form and member_form.errors) else 200
    context = {
        "group": shown,
        "rights": _in_words(shown),
        "beyond": [right_label(right) for right in rules.rights_beyond(actor, held)],
        "is_member": is_member and not actor.is_super_user,
        "form": form or GroupForm(actor=actor, initial={"name": shown.name, "rights": sorted(held)}),
        "member_form": member_form or MemberForm(),
    }
    context["may_change"] = not context["beyond"] and not context["is_member"]
    try:
        context["page"] = page_of(
            selectors.members_of(shown), params=_cursor(request), url=request.get_full_path(), pages=Members
        )
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(_address(shown.id))
    return render(request, "users/office/group.html", context, status=status)


def _cursor(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}


def _in_words(shown: PermissionGroup) -> list[tuple[str, str]]:
    return [(right_label(right), _(MEANINGS[right])) for right in Right if right in rules.rights_in(shown.rights)]


def _found(request: HttpRequest, group_id: UUID) -> PermissionGroup:
    shown = selectors.visible_groups(actor_of(request)).filter(id=group_id).first()
    if shown is None:
        raise Http404
    return shown


def _address(group_id: UUID) -> str:
    return reverse("users:office_group", args=[group_id])
