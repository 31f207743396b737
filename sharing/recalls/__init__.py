"""After a recall: everybody who ever had it is told, each answers what became of their copies, the owner proves both."""
