"""Every way in: command line, HTTP API, chat page. Only this room reads settings and puts the parts together."""
