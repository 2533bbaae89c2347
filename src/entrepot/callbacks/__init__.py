"""Callbacks (接口回调): what has happened, told to each mall in its own queue, signed and repeated until it is heard."""
