sitepod_fuzz_target(domain_name ROOMS model)
