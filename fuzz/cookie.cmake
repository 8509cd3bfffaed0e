sitepod_fuzz_target(cookie ROOMS http)
