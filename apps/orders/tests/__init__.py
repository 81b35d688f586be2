"""Tests of the orders service that need no other one."""
