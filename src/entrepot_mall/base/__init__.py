"""Money, sealing, words of refusal: no business meaning."""
