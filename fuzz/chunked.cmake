sitepod_fuzz_target(chunked ROOMS http base)
