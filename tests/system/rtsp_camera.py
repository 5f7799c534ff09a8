#!/usr/bin/env python3
"""A camera for test_rtsp.sh: GStreamer's RTSP server on 127.0.0.1, H.264 at 10 frames a second, 320 x 240.

usage: rtsp_camera.py PORT PATTERN [PATH]
PATTERN as gst-inspect-1.0 videotestsrc lists them. PORT 0: any. Prints "port N" when it listens.
Exit code 77 where GStreamer or one of its plugins is missing.
"""
import sys

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError):
    sys.exit(77)


def main():
    port, pattern = sys.argv[1:3]
    path = sys.argv[3] if len(sys.argv) > 3 else "/live"
    Gst.init(None)
    if not all(Gst.ElementFactory.find(e) for e in ("videotestsrc", "openh264enc", "rtph264pay", "rtpbin")):
        sys.exit(77)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( videotestsrc is-live=true pattern={pattern} ! video/x-raw,width=320,height=240,framerate=10/1 "
                       "! openh264enc gop-size=10 complexity=low bitrate=1000000 "
                       "! rtph264pay name=pay0 pt=96 config-interval=1 )")
    server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit(f"rtsp_camera.py: could not listen on port {port}")
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main()
