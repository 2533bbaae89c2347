"""Kills, broken lines and lost replies: nothing acknowledged is lost, and sending again heals the rest."""
