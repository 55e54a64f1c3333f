"""Jobs: what the runner on the host does when it is asked, as it tells. The console only asks."""
