sitepod_fuzz_target(pages_json ROOMS api)
