sitepod_fuzz_target(s3_answers ROOMS blob)
