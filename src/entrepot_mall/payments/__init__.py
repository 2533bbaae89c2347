"""Ways in which a buyer pays the shop, each behind the same port."""
