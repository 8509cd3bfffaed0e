sitepod_fuzz_target(archive ROOMS deploy)
