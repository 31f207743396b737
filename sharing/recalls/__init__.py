"""After a recall: all who ever had it are told, each answers what became of their copies, the owner proves both."""
