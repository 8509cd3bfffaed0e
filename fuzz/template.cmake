sitepod_fuzz_target(template ROOMS builder)
