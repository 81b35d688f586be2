"""The shapes of events in the API. What an event says may be personal or secret, and is not shown."""

from typing import Any

from rest_framework import serializers

from kernel.events.choosing import Status
from kernel.http.validation import StrictSerializer
from kernel.models import InboxRow, OutboxRow
from kernel.topology import SERVICES

IDS = 500


class WaitingEventSerializer(serializers.ModelSerializer[OutboxRow]):
    """An event that did not reach its handlers or the broker yet."""

    class Meta:
        model = OutboxRow
        fields = ("event_id", "type", "subject", "version", "request_id", "created_at", "leased_until")
        read_only_fields = fields
        extra_kwargs = {
            "subject": {"help_text": "Id of what it is about."},
            "version": {"help_text": "Counts the changes of that thing."},
            "leased_until": {"help_text": "Until when a relay has it in its hands."},
        }


class HandledEventSerializer(serializers.ModelSerializer[InboxRow]):
    """What one handler did with one event."""

    class Meta:
        model = InboxRow
        fields = ("consumer", "event_id", "type", "status", "attempts", "not_before", "error", "handled_at")
        read_only_fields = fields
        extra_kwargs = {
            "consumer": {"help_text": "The handler's permanent name."},
            "not_before": {"help_text": "When it is tried again."},
            "handled_at": {"help_text": "When the handler was done with it; of failures, when it first had it."},
        }


class EventFiguresSerializer(serializers.Serializer[Any]):
    """How much waits, and for how long."""

    waiting = serializers.IntegerField(help_text="Events that did not reach their handlers or the broker yet.")
    leased = serializers.IntegerField(help_text="How many of them a relay has in its hands.")
    oldest_at = serializers.DateTimeField(allow_null=True, help_text="When the oldest of them happened.")
    retry = serializers.IntegerField(help_text="Failures that are tried again.")
    dead = serializers.IntegerField(help_text="Failures that were given up: dead letters.")


class _SpanSerializer(StrictSerializer):
    service = serializers.ChoiceField(
        choices=[(name, name) for name in SERVICES], required=False, help_text="Whose events, or whose handlers."
    )
    type = serializers.CharField(max_length=100, required=False, help_text="Such as `orders.order_placed.v1`.")
    since = serializers.DateTimeField(required=False, help_text="From this moment on.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")


class HandledQuerySerializer(_SpanSerializer):
    """What the inbox is narrowed by."""

    status = serializers.ChoiceField(choices=Status.choices, required=False, help_text="How far the handler came.")
    consumer = serializers.CharField(max_length=100, required=False, help_text="The handler's name.")
    event_id = serializers.UUIDField(required=False, help_text="One event.")


class WaitingQuerySerializer(_SpanSerializer):
    """What the outbox is narrowed by."""


class _IdsSerializer(_SpanSerializer):
    event_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=IDS, required=False, help_text="Only these events."
    )


class ReplaySerializer(_IdsSerializer):
    """Which events handlers get again; what is left out narrows nothing, so nothing at all means every dead letter."""

    status = serializers.ChoiceField(
        choices=Status.choices,
        default=Status.DEAD,
        help_text="`dead`, `retry` for those that wait for another attempt, or `done` with `event_ids` or `since`.",
    )
    consumer = serializers.CharField(max_length=100, required=False, help_text="Only this handler.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to do everything again by accident."""
        if attrs["status"] == Status.DONE and not (attrs.get("event_ids") or attrs.get("since")):
            raise serializers.ValidationError({"since": ["What was done is handled again by its ids or a span."]})
        return attrs


class ReplayedSerializer(serializers.Serializer[Any]):
    """What came of it."""

    given_back = serializers.IntegerField(help_text="How many handlers get their event again.")
    without_copy = serializers.IntegerField(help_text="For how many there is no copy of the event any more.")


class RefillSerializer(_IdsSerializer):
    """Which events go to the broker, or to the handlers here, once more; who did one already does not do it twice."""

    since = serializers.DateTimeField(help_text="From this moment on.")


class RefilledSerializer(serializers.Serializer[Any]):
    """What came of it."""

    sent_again = serializers.IntegerField(help_text="How many events go out again.")
