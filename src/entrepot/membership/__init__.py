"""API memberships of different grades: what a tier costs, for how long, and what follows when it runs out."""
