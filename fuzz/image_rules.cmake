sitepod_fuzz_target(image_rules ROOMS model)
