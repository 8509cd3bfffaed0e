sitepod_fuzz_target(h1_request ROOMS http base LIBRARIES Boost::headers)
