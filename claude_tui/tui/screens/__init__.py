"""Full screens: the dashboard, zoomed panels, help, event detail."""
