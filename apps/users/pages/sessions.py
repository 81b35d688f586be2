"""The pages about sessions, beside the list that django-allauth gives."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.users.services import accounts, sessions
from kernel import clock
from kernel.http.principals import actor_of, signed_in_required


@require_POST
@signed_in_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    row = get_object_or_404(UserSession, id=session_id, user_id=actor_of(request).id)
    if row.session_key == request.session.session_key:
        return redirect("account_logout")
    sessions.end_session(session_id=row.id, actor=actor_of(request))
    messages.success(request, _("The session has ended."))
    return redirect("usersessions_list")


@require_POST
@signed_in_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    assert actor.id is not None
    user = accounts.end_sessions(user_id=actor.id, actor=actor, now=clock.now())
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("usersessions_list")
