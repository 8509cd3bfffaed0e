sitepod_fuzz_target(cloudflare_answers ROOMS certs base)
