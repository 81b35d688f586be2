"""How Django knows the kernel."""

from importlib import import_module

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Mechanism that knows no business."""

    name = "kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Prepare the classes; register the system checks, the kernel's own periodic jobs, and what has to hold."""
        import_module("kernel.generics").allow_subscripts()
        import_module("kernel.checks")
        import_module("kernel.durability")
        import_module("kernel.events.soundness")
        import_module("kernel.events.watched")
        import_module("kernel.events.queues")
        import_module("kernel.retention")
