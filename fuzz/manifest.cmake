sitepod_fuzz_target(manifest ROOMS model)
