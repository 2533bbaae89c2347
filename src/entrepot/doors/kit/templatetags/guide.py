"""The tag that leads from a page to the guide for developers."""

from django import template

from entrepot.doors.kit.guide import guide_address

register = template.Library()
register.simple_tag(guide_address)
