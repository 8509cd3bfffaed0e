sitepod_fuzz_target(range ROOMS http base)
