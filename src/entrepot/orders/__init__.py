"""Orders, lines, consignees, shipments and refunds."""
