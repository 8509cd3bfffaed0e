sitepod_fuzz_target(host_header ROOMS http)
