"""gunicorn's settings for the server that is told: enough threads that nobody waits for one."""

worker_class = "gthread"
threads = 16
keepalive = 30
control_socket_disable = True
