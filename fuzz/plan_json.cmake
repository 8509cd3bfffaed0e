sitepod_fuzz_target(plan_json ROOMS api)
