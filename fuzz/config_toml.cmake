sitepod_fuzz_target(config_toml ROOMS app)
