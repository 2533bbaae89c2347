"""Fee, agreed price, price changes and the pool of commission."""
