"""Stock levels by SKU, warehouse and pool, and every move of them."""
