sitepod_fuzz_target(tls_server_name ROOMS net base)
