"""Text messages: sent by Twilio, or not at all."""
