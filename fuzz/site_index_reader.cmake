sitepod_fuzz_target(site_index_reader ROOMS serve LIBRARIES PkgConfig::libxxhash)
