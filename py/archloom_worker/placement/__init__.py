"""Programs that start workers on clusters. They run in the user's Python and import no worker."""
