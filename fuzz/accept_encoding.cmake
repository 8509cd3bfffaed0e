sitepod_fuzz_target(accept_encoding ROOMS http base)
