sitepod_fuzz_target(etag ROOMS http base)
