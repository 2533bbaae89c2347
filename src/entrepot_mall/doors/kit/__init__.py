"""What the doors share: sign-in, layout, lists."""
