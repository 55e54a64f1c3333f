"""Gates: other sites of the platform that are entered by the console's sign-in, such as Grafana.

The proxy asks the ``door`` before each request to such a site (Traefik's forward-auth). Who has no pass for it there is
sent to the console, which answers whoever is signed in with a code for 30 s, for that browser alone; the site's door
takes it for a pass: a cookie of that host, which counts as long as the session in the console does. To the site itself
each request says who it is by a signed assertion.
"""
