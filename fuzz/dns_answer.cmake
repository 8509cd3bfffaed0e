sitepod_fuzz_target(dns_answer ROOMS net)
