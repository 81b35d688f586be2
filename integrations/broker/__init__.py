"""The message broker between services: RabbitMQ, by kombu and py-amqp."""
