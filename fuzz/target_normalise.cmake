sitepod_fuzz_target(target_normalise ROOMS http base)
