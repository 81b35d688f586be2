"""Speaks with Stripe: one client, bounded waits, and errors in the port's words."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings

from integrations.payments.port import ProviderAwayError, ProviderRefusedError, ShopUnknownError
from integrations.payments.stripe_settings import StripeAccount

RETRIES = 1
"""Within one call; what is not known after that, a job asks for later."""

log = structlog.get_logger(__name__)


def ask(call: Callable[[Any], Any]) -> dict[str, Any]:
    """Ask Stripe and return its answer as plain data.

    :raises ShopUnknownError: there is no account, or its key is not good any more.
    :raises ProviderAwayError: nobody knows what became of the request.
    :raises ProviderRefusedError: Stripe says no.
    """
    import stripe  # noqa: PLC0415 - it costs 0.4 s and 6 MB, and most processes never ask

    account: StripeAccount | None = settings.STRIPE
    if account is None:
        log.warning("stripe_is_not_set_up")
        raise ShopUnknownError
    try:
        answer: dict[str, Any] = call(_client(account).v1).to_dict()
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        log.warning("stripe_refused", code=error.code, param=error.param, request=error.request_id)
        raise ProviderRefusedError(error.user_message or "The payment provider refused.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.warning("stripe_does_not_know_the_shop", status=error.http_status, request=error.request_id)
        raise ShopUnknownError from error
    except stripe.StripeError as error:
        log.warning("stripe_away", reason=type(error).__name__, status=error.http_status, request=error.request_id)
        raise ProviderAwayError from error
    return answer


@lru_cache(maxsize=4)
def _client(account: StripeAccount) -> Any:
    import stripe  # noqa: PLC0415 - as above

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        account.secret_key,
        base_addresses={"api": account.api_base},
        http_client=stripe.RequestsClient(timeout=account.timeout),
        max_network_retries=RETRIES,
    )
