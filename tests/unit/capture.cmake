unit_test(capture capture capture_damage capture_decoded capture_live capture_rtsp capture_parts)
foreach(name capture capture_damage capture_decoded capture_live capture_rtsp)
    target_sources(test_${name} PRIVATE test_capture_clip.c)
endforeach()
