"""How the web process serves, under `./dev run` and on a host that sets PORT and WEB_CONCURRENCY alike."""

import ctypes
import gc
import os
import time

port = os.environ.get("PORT")
host = os.environ.get("HOST") or ("" if port else "127.0.0.1")  # with PORT alone: every address, as hosts expect
bind = f"[{host}]:{port or 8000}" if ":" in host else f"{host}:{port or 8000}"

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
preload_app = True  # the application is loaded once, and the workers share its memory

timeout = 60
graceful_timeout = 25  # a host like Heroku kills after 30 seconds
keepalive = 5

# Whom to believe about X-Forwarded-* is the application's business alone (TRUSTED_PROXIES).
forwarded_allow_ips = ""
# Its default path is one for all of a user's projects.
control_socket_disable = True


def on_starting(server):
    """`./dev run` prepares the database while the application loads: no page before it is done."""
    while (prepared := os.environ.get("START_AFTER")) and not os.path.exists(prepared):
        time.sleep(0.02)


def give_memory_back():
    """Return large blocks to the system at once. Each password's hash takes 19 MiB for a moment.

    glibc by itself raises the size from which it does so to that of the first large block it saw freed, and then keeps
    one such block for every thread. Other C libraries have no such switch, nor such a habit.
    """
    limit_of_mmap = -3  # M_MMAP_THRESHOLD in malloc.h
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(limit_of_mmap, 1024 * 1024)


def post_fork(server, worker):
    """A database connection that was opened while the application loaded is the parent's alone.

    What was loaded stays: the collector need not look at it, nor copy the memory that the workers share. A sale makes
    thousands of short-lived objects, so it looks for cycles less often than by default.
    """
    from webapp.extensions import db

    give_memory_back()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    with server.app.wsgi().app_context():
        db.engine.dispose(close=False)
