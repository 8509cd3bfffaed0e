sitepod_fuzz_target(content_digest ROOMS http base)
