sitepod_fuzz_target(media ROOMS media base)
