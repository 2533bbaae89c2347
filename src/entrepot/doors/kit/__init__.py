"""The look and the entrance of the three back offices: shell, components, lists, sign-in."""
