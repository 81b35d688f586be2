"""People who are forgotten."""

from django.db import models


class ErasedCustomer(models.Model):
    """Whose orders are anonymised as soon as they are over; goes away with the last of them."""

    customer_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.customer_id)
