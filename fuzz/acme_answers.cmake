sitepod_fuzz_target(acme_answers ROOMS certs base)
