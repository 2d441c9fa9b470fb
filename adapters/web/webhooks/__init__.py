"""Telling other systems what happened: signed requests, tried again until they are taken."""

from adapters.web.webhooks.courier import Courier
from adapters.web.webhooks.events import EVENTS
from adapters.web.webhooks.outbox import DeliveryRow, Hook, HookError, Outbox, check_target

__all__ = ["EVENTS", "Courier", "DeliveryRow", "Hook", "HookError", "Outbox", "check_target"]
