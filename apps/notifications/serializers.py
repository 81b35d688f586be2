"""Shapes of messages in the API."""

from rest_framework import serializers

from apps.notifications import selectors
from apps.notifications.models import Message
from kernel.http.validation import StrictModelSerializer


class MessageSummarySerializer(StrictModelSerializer):
    """A message in a list, without its body."""

    to = serializers.CharField(read_only=True, help_text="Empty once the person was erased.")

    class Meta:
        model = Message
        fields: tuple[str, ...] = (
            "id", "kind", "about", "to", "subject", "is_secret", "status", "attempts", "error", "message_id",
            "created_at", "next_attempt_at", "sent_at",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields


class MessageSerializer(MessageSummarySerializer):
    """A message with its body; that of a secret one is never shown."""

    text = serializers.SerializerMethodField()
    html = serializers.SerializerMethodField()

    class Meta(MessageSummarySerializer.Meta):
        fields = (*MessageSummarySerializer.Meta.fields, "text", "html")
        read_only_fields = fields

    def get_text(self, message: Message) -> str:
        return selectors.body_of(message)[0]

    def get_html(self, message: Message) -> str:
        return selectors.body_of(message)[1]
