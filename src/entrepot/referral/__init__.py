"""Referral (推荐): who brought a supplier or a distributor earns a share of the platform's own income."""
