"""Settlement (结算): bills by which suppliers are paid."""
