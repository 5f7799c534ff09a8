unit_test(capture capture capture_damage capture_decoded capture_live capture_rtsp capture_parts live_clock picture_watch_video)
foreach(name capture capture_damage capture_decoded capture_live capture_rtsp)
    target_sources(test_${name} PRIVATE test_capture_clip.c)
endforeach()
# Some thousand looks at whole pictures, which sanitizers make slow.
set_tests_properties(unit_picture_watch_video PROPERTIES TIMEOUT 600)
