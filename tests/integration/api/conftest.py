"""A small shop with one of everything, and somebody who may do everything in it."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.notifications.tests.factories import MessageFactory
from apps.orders.tests.factories import OrderFactory, OrderLineFactory, ShippingMethodFactory, TaxRateFactory
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from apps.users.services.accounts import create_super_user
from apps.users.tests.factories import AddressFactory, UserFactory
from kernel import clock
from tests.fixtures import PASSWORD
from tests.integration.api.pictures import picture
