"""Who may do what cannot be taken back by signing out."""

from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.authentication.reauthentication import check_recent
from kernel.http.principals import InPerson


class FreshlyInPerson(InPerson):
    """As ``InPerson``; who comes to write has lately proven again who he is, by the page or by the sign-in API.

    A browser may stand unattended, and a token of a sign-in may be copied: neither makes what outlives the session.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer for the request.

        :raises ReauthenticationRequiredError: the proof is missing or old.
        """
        if not super().has_permission(request, view):
            return False
        if request.method in {"POST", "PATCH", "PUT"}:
            check_recent(request)
        return True
