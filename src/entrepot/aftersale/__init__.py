"""After-sale (售后): the decision table, requests, claims and their rulings."""
