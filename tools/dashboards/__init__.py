"""Grafana's dashboards as code: one module for each, panels that answer one question each, built with Grafana's SDK.

`python -m tools.dashboards` (make dashboards) writes them to roles/grafana/files/dashboards/; lint compares.
"""
