sitepod_fuzz_target(boot_log ROOMS publish base)
