"""Starts the embedded services and the hub's processes: `python -m hub.launcher run | test | services`."""
