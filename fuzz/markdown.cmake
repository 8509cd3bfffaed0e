sitepod_fuzz_target(markdown ROOMS builder)
