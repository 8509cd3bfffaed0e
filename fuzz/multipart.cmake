sitepod_fuzz_target(multipart ROOMS http base)
