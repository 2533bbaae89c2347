"""The malls' queues are emptied beside the rounds, in a thread of its own, by the worker that leads."""

from threading import Event, Thread

from django.conf import settings

from entrepot.callbacks.dispatch import Dispatcher

END_S = 15.0


class Calling:
    """The dispatcher's thread: begun when this worker leads, ended when it no longer does."""

    def __init__(self) -> None:
        self._stop = Event()
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Start the thread unless it runs; one that has ended by a fault is started anew."""
        if self._thread is None or not self._thread.is_alive():
            self._stop = Event()
            dispatcher = Dispatcher(self._stop, allowed=settings.CALLBACK_NETWORKS)
            self._thread = Thread(target=dispatcher.run, name="callbacks", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Let the calls under way come to their end, and wait for that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(END_S)
