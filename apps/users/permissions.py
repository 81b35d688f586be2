"""Who may do what cannot be taken back by signing out."""

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.errors import DomainError
from kernel.http.principals import InPerson


class ReauthenticationRequiredError(DomainError):
    """The person is signed in, and has to prove it once more before this."""

    code = "reauthentication_required"
    status = 403

    def __init__(self) -> None:
        super().__init__("Confirm your access first, at /accounts/reauthenticate/.")


class FreshlyInPerson(InPerson):
    """As ``InPerson``; who comes with a browser's cookie to write has lately proven again who sits there.

    An app that was given tokens of its own by a sign-in holds them itself: there is no unattended browser to borrow.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer for the request.

        :raises ReauthenticationRequiredError: the proof is missing or old.
        """
        if not super().has_permission(request, view):
            return False
        if request.method == "POST" and isinstance(request.successful_authenticator, SessionAuthentication):
            try:
                reauthentication_required(lambda _request: None)(request._request)  # noqa: SLF001 - DRF keeps Django's request there
            except ReauthenticationRequired as error:
                raise ReauthenticationRequiredError from error
        return True
