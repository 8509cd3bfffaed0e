#include "app/config.hpp"

#include <gtest/gtest.h>

#include <map>

namespace sitepod::app {
namespace {

using Environment = std::map<std::string, std::string, std::less<>>;

ConfigSources sources_of(std::string toml, Environment environment = {},
                         std::vector<std::pair<std::string, std::string>> flags = {}) {
  ConfigSources sources;
  sources.flags = std::move(flags);
  sources.environment = [environment = std::move(environment)](std::string_view name) -> std::optional<std::string> {
    auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  if (!toml.empty()) sources.file = {"sitepod.toml", std::move(toml)};
  return sources;
}

std::string value_and_origin(const LoadedConfig& loaded, std::string_view name) {
  for (const ChosenValue& chosen : loaded.values)
    if (chosen.setting->name() == name) return chosen.value + " from " + chosen.origin;
  return "no such setting";
}

TEST(Config, WithoutAnySourceTheDocumentedDefaultsHold) {
  LoadedConfig loaded = load_config(sources_of(""));
  ASSERT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_EQ(loaded.config.listen_host, "127.0.0.1");
  EXPECT_EQ(loaded.config.listen_port, 8080);
  EXPECT_EQ(loaded.config.data_dir, "./sitepod-data");
  EXPECT_EQ(loaded.config.domain, "localhost:8080");
  EXPECT_EQ(loaded.config.quotas.max_files_per_deploy, 10'000u);
  EXPECT_EQ(loaded.config.quotas.max_file_bytes, 104'857'600u);
  EXPECT_EQ(loaded.config.quotas.max_deploy_bytes, 524'288'000u);
  EXPECT_EQ(loaded.config.quotas.max_projects_per_user, 100);
  EXPECT_EQ(loaded.config.rate_limit, 100u);
  EXPECT_EQ(loaded.config.upload_concurrency, 10u);
  EXPECT_EQ(loaded.config.admin_email, "");
}

TEST(Config, AFlagBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault) {
  std::string file =
      "[server]\nhttp_addr = \"127.0.0.1:1\"\ndata_dir = \"/file\"\n\n[domain]\nprimary = \"file.test\"\n";
  LoadedConfig loaded =
      load_config(sources_of(file, {{"SITEPOD_HTTP_ADDR", "127.0.0.1:2"}, {"SITEPOD_DATA_DIR", "/environment"}},
                             {{"--listen", "127.0.0.1:3"}}));
  ASSERT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_EQ(value_and_origin(loaded, "server.http_addr"), "127.0.0.1:3 from --listen");
  EXPECT_EQ(value_and_origin(loaded, "server.data_dir"), "/environment from SITEPOD_DATA_DIR");
  EXPECT_EQ(value_and_origin(loaded, "domain.primary"), "file.test from sitepod.toml:6:1");
  EXPECT_EQ(value_and_origin(loaded, "log.level"), "info from default");
  EXPECT_EQ(loaded.config.listen_port, 3);
}

TEST(Config, HttpsNeedsAnAddressAndCertificatesWithAsManyKeys) {
  const std::string both = "[server]\nhttps_addr = \":443\"\n[tls]\ncertificate = [\"/a.pem\", \"/b.pem\"]\nkey = ";
  LoadedConfig loaded = load_config(sources_of(both + "[\"/a.key\", \"/b.key\"]\n"));
  ASSERT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_TRUE(loaded.config.shows_https());
  EXPECT_EQ(loaded.config.https_host, "0.0.0.0");
  EXPECT_EQ(loaded.config.https_port, 443);
  EXPECT_EQ(split_paths(loaded.config.tls_certificates), (std::vector<std::string>{"/a.pem", "/b.pem"}));
  EXPECT_EQ(load_config(sources_of(both + "\"/a.key\"\n")).problems.size(), 1u);
  EXPECT_EQ(load_config(sources_of("[server]\nhttps_addr = \":443\"\n")).problems.size(), 1u);
  EXPECT_EQ(load_config(sources_of("[tls]\ncertificate = \"/a\"\nkey = \"/b\"\n")).problems.size(), 1u);
  EXPECT_EQ(load_config(sources_of(both + "[\"/a.key\", \"/b.key\"]\n", {{"SITEPOD_PROXY_MODE", "1"}})).problems.size(),
            1u);
}

TEST(Config, AnEmptyEnvironmentVariableCountsAsNotSet) {
  LoadedConfig loaded = load_config(sources_of("", {{"SITEPOD_DOMAIN", ""}, {"SITEPOD_S3_BUCKET", ""}}));
  EXPECT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_EQ(loaded.config.domain, "localhost:8080");
}

TEST(Config, AnEmptyTextInTheFileCountsAsNotSetWhereThereIsNoDefault) {
  const LoadedConfig loaded = load_config(
      sources_of("[domain]\nacme_email = \"\"\n[storage.s3]\nbucket = \"\"\nregion = \"\"\nendpoint = \"\"\n"));
  EXPECT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_EQ(load_config(sources_of("[server]\nhttp_addr = \"\"\n")).problems.size(), 1u);
}

struct BadFile {
  const char* toml;
  const char* problem;
};
class BadConfigFile : public testing::TestWithParam<BadFile> {};

TEST_P(BadConfigFile, IsRefusedNamingPlaceAndRule) {
  LoadedConfig loaded = load_config(sources_of(GetParam().toml));
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0], GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, BadConfigFile,
    testing::Values(
        BadFile{"[server]\nhtp_addr = \"x\"\n",
                "sitepod.toml:2:1: unknown setting server.htp_addr; did you mean server.http_addr?"},
        BadFile{"[server]\nprimary = \"x\"\n",
                "sitepod.toml:2:1: unknown setting server.primary; did you mean domain.primary?"},
        BadFile{"colour = 1\n", "sitepod.toml:1:1: unknown setting colour"},
        BadFile{
            "[storage.s3]\n  bucket = \"pods\"\n",
            "sitepod.toml:2:3: storage.s3.bucket has no effect while storage.type is \"local\": set that to s3, oss or "
            "r2, or leave this out"},
        BadFile{"[storage]\npath = \"/a\"\n[server]\ndata_dir = \"/b\"\n",
                "sitepod.toml:2:1: storage.path is another name of server.data_dir, which has another value at "
                "sitepod.toml:4:1"},
        BadFile{"[database]\npath = \"/elsewhere/sitepod.db\"\n[server]\ndata_dir = \"/b/\"\n",
                "database.path: the database lies in the data folder; leave it out, or set it to \"/b/sitepod.db\"; it "
                "is \"/elsewhere/sitepod.db\""},
        BadFile{"[log]\nlevel = [\"info\"]\n",
                "sitepod.toml:2:1: log.level must be debug, info, warn or error, not a list"},
        BadFile{"[cache]\nmax_entries = 0\n",
                "sitepod.toml:2:1: cache.max_entries must be a whole number greater than 0; it is \"0\""},
        BadFile{"[limits]\nrate_limit = 0\n",
                "sitepod.toml:2:1: limits.rate_limit must be a whole number greater than 0; it is \"0\""},
        BadFile{
            "[limits]\nmax_file_size = \"1 MB\"\n",
            "sitepod.toml:2:1: limits.max_file_size must be a whole number of bytes greater than 0; it is \"1 MB\""},
        BadFile{"[limits]\nrate_limit = 1.5\n",
                "sitepod.toml:2:1: limits.rate_limit must be text, a whole number, true or false, or a list of texts"},
        BadFile{"[log]\nlevel = \"loud\"\n",
                "sitepod.toml:2:1: log.level must be debug, info, warn or error; it is \"loud\""},
        BadFile{"[domain]\nprimary = \"a..b\"\n",
                "sitepod.toml:2:1: domain.primary must be a host name with an optional port, e.g. sites.example.com; "
                "it is \"a..b\""}));

TEST(Config, AFileMayHaveSwitchesListsAndTheNamesOfOlderServers) {
  const LoadedConfig loaded = load_config(sources_of(
      "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"2001:db8::7\"]\nproxy_mode = true\n[gc]\nenabled = false\n"
      "[storage]\ntype = \"local\"\npath = \"/var/pods\"\n[database]\npath = \"/var/pods/sitepod.db\"\n"
      "[cache]\nmanifest_ttl = \"5s\"\nmax_entries = 20\n"));
  ASSERT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_TRUE(loaded.config.trusted_proxies.contains("10.1.2.3"));
  EXPECT_TRUE(loaded.config.trusted_proxies.contains("2001:db8::7"));
  EXPECT_TRUE(loaded.config.proxy_mode);
  EXPECT_FALSE(loaded.config.gc_enabled);
  EXPECT_EQ(loaded.config.data_dir, "/var/pods");
  EXPECT_EQ(loaded.config.file_cache_entries, 20u);
  EXPECT_EQ(value_and_origin(loaded, "server.data_dir"), "/var/pods from sitepod.toml:8:1");
}

TEST(Config, TheServersOwnNameIsNoAdmins) {
  EXPECT_EQ(load_config(sources_of("")).config.system_email, "system@sitepod.local");
  EXPECT_EQ(load_config(sources_of("", {{"SITEPOD_SYSTEM_EMAIL", "nobody"}})).problems.size(), 1u);
  EXPECT_EQ(load_config(sources_of("", {{"SITEPOD_SYSTEM_EMAIL", "a@b.test"},
                                        {"SITEPOD_ADMIN_EMAIL", "A@b.test"},
                                        {"SITEPOD_ADMIN_PASSWORD", "correct horse"}}))
                .problems.size(),
            1u);
}

TEST(Config, AFileThatIsNotTomlIsRefusedWithLineAndColumn) {
  LoadedConfig loaded = load_config(sources_of("[server]\nhttp_addr = \n"));
  ASSERT_FALSE(loaded.problems.empty());
  EXPECT_TRUE(loaded.problems[0].starts_with("sitepod.toml:2:")) << loaded.problems[0];
}

TEST(Config, EveryProblemIsReportedAtOnce) {
  LoadedConfig loaded = load_config(sources_of("[log]\nlevel = \"x\"\nfoo = 1\n", {{"SITEPOD_RATE_LIMIT", "many"}}));
  EXPECT_EQ(loaded.problems.size(), 3u);
}

TEST(Config, EveryQuotaRefusesZeroNegativeAndNonNumericValues) {
  for (const char* name : {"SITEPOD_MAX_FILES_PER_DEPLOY", "SITEPOD_MAX_FILE_SIZE", "SITEPOD_MAX_DEPLOY_SIZE",
                           "SITEPOD_MAX_PROJECTS_PER_USER", "SITEPOD_RATE_LIMIT", "SITEPOD_UPLOAD_CONCURRENCY"})
    for (const char* value : {"0", "-1", "ten", "1e3", "5 ", "99999999999999999999"}) {
      LoadedConfig loaded = load_config(sources_of("", {{name, value}}));
      ASSERT_EQ(loaded.problems.size(), 1u) << name << "=" << value;
      EXPECT_TRUE(loaded.problems[0].starts_with(name)) << loaded.problems[0];
    }
}

TEST(Config, ListenTakesNumericAddressesOnly) {
  auto listen = [](const char* value) { return load_config(sources_of("", {}, {{"--listen", value}})); };
  EXPECT_EQ(listen("0.0.0.0:80").config.listen_host, "0.0.0.0");
  EXPECT_EQ(listen("[::1]:0").config.listen_host, "::1");
  EXPECT_EQ(listen(":8080").config.listen_host, "0.0.0.0");
  EXPECT_EQ(listen("localhost:8080").config.listen_host, "127.0.0.1");
  for (const char* bad :
       {"8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:8080", "example.com:80", "1.2.3:80", ""})
    EXPECT_EQ(listen(bad).problems.size(), 1u) << bad;
}

TEST(Config, TheDomainIsLowerCasedAndKeepsItsPort) {
  auto domain = [](const char* value) { return load_config(sources_of("", {}, {{"--domain", value}})); };
  EXPECT_EQ(domain("Sites.Example.COM:8443").config.domain, "sites.example.com:8443");
  for (const char* bad : {"", "-a.test", "a_b.test", "a.test.", "a.test:port", "http://a.test", "a.test/x"})
    EXPECT_EQ(domain(bad).problems.size(), 1u) << bad;
}

TEST(Config, PortZeroAndTheDefaultDomainFollowTheListener) {
  EXPECT_EQ(resolve_domain(load_config(sources_of("", {}, {{"--listen", "127.0.0.1:0"}})), 1234), "localhost:1234");
  EXPECT_EQ(resolve_domain(load_config(sources_of("", {}, {{"--domain", "a.test:0"}})), 1234), "a.test:1234");
  EXPECT_EQ(resolve_domain(load_config(sources_of("", {}, {{"--domain", "a.test"}})), 1234), "a.test");
  EXPECT_EQ(resolve_domain(load_config(sources_of("", {}, {{"--domain", "localhost:8080"}})), 1234), "localhost:8080");
  EXPECT_EQ(resolve_domain(load_config(sources_of("", {}, {{"--domain", "a.test:0"}})), 1234, 4321), "a.test:4321");
  EXPECT_EQ(resolve_domain(load_config(sources_of("", {}, {{"--domain", "localhost:0"}})), 1234, 4321),
            "localhost:1234");
}

TEST(Config, AnAdminNeedsBothAnEmailAndAPassword) {
  EXPECT_EQ(load_config(sources_of("", {{"SITEPOD_ADMIN_EMAIL", "a@b.test"}})).problems.size(), 1u);
  EXPECT_EQ(load_config(sources_of("", {{"SITEPOD_ADMIN_EMAIL", "a@b.test"}, {"SITEPOD_ADMIN_PASSWORD", "short"}}))
                .problems.size(),
            1u);
  LoadedConfig both =
      load_config(sources_of("", {{"SITEPOD_ADMIN_EMAIL", "A@B.test"}, {"SITEPOD_ADMIN_PASSWORD", "correct horse"}}));
  EXPECT_EQ(both.problems.size(), 0u);
  EXPECT_EQ(both.config.admin_email, "a@b.test");
}

TEST(Config, NoMessageAndNoPrintoutShowsAPassword) {
  LoadedConfig refused = load_config(sources_of("", {{"SITEPOD_ADMIN_PASSWORD", "hunter2"}}));
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_EQ(refused.problems[0].find("hunter2"), std::string::npos);
  LoadedConfig loaded =
      load_config(sources_of("", {{"SITEPOD_ADMIN_EMAIL", "a@b.test"}, {"SITEPOD_ADMIN_PASSWORD", "hunter2hunter2"}}));
  EXPECT_EQ(print_config(loaded).find("hunter2"), std::string::npos);
  EXPECT_NE(print_config(loaded).find("SITEPOD_ADMIN_PASSWORD = \"(set)\"  # SITEPOD_ADMIN_PASSWORD"),
            std::string::npos);
}

TEST(Config, TheAdminAddressIsOneMoreAddress) {
  const LoadedConfig loaded = load_config(sources_of("[server]\nadmin_addr = \":8090\"\n"));
  ASSERT_EQ(loaded.problems, std::vector<std::string>());
  EXPECT_EQ(loaded.config.admin_host, "0.0.0.0");
  EXPECT_EQ(loaded.config.admin_port, 8090);
  EXPECT_EQ(load_config(sources_of("[server]\nadmin_addr = \"example.com:8090\"\n")).problems.size(), 1u);
}

TEST(Config, WhatIsSaidOfABucketBesideNoneIsNoted) {
  const LoadedConfig loaded =
      load_config(sources_of("[storage]\ntype = \"local\"\n[storage.s3]\nbucket = \"\"\nregion = \"us-east-1\"\n"
                             "endpoint = \"https://s3.example.com\"\n"));
  EXPECT_EQ(loaded.problems, std::vector<std::string>());
  ASSERT_EQ(loaded.without_effect.size(), 2u);
  EXPECT_EQ(loaded.without_effect[0]->name, "storage.s3.region");
  EXPECT_EQ(loaded.without_effect[1]->name, "storage.s3.endpoint");
}

TEST(Config, BucketComesFromFileAndEnvironment) {
  const LoadedConfig loaded = load_config(sources_of(
      "[storage]\ntype = \"s3\"\n[storage.s3]\nbucket = \"pods\"\nendpoint = \"http://127.0.0.1:9000/\"\n",
      {{"SITEPOD_S3_ACCESS_KEY", "id"}, {"AWS_SECRET_ACCESS_KEY", "canary"}, {"SITEPOD_S3_REGION", "eu-1"}}));
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front();
  EXPECT_EQ(loaded.config.storage_type, "s3");
  EXPECT_EQ(loaded.config.bucket.place(), "http://127.0.0.1:9000/pods");
  EXPECT_EQ(loaded.config.bucket.region, "eu-1");
  EXPECT_EQ(loaded.config.bucket.access_key, "id");
  EXPECT_EQ(loaded.config.bucket.secret_key, "canary");
  EXPECT_FALSE(loaded.config.bucket.is_name_in_host);
  EXPECT_EQ(print_config(loaded).find("canary"), std::string::npos);
  EXPECT_NE(print_config(loaded).find("AWS_ACCESS_KEY_ID = \"(set)\"  # SITEPOD_S3_ACCESS_KEY"), std::string::npos);
  EXPECT_TRUE(loaded.without_effect.empty());
}

TEST(Config, UploadsGoStraightToTheBucketUnlessToldOtherwise) {
  const auto load = [](const std::string& more) {
    return load_config(sources_of("[storage]\ntype = \"s3\"\n[storage.s3]\nbucket = \"pods\"\n" + more,
                                  {{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "canary"}}));
  };
  EXPECT_TRUE(load("").config.bucket.takes_uploads);
  const LoadedConfig elsewhere = load("public_endpoint = \"https://files.example.com/\"\n");
  ASSERT_TRUE(elsewhere.problems.empty()) << elsewhere.problems.front();
  EXPECT_EQ(elsewhere.config.bucket.public_endpoint, "https://files.example.com");
  const LoadedConfig direct = load("uploads = \"direct\"\n");
  ASSERT_TRUE(direct.problems.empty()) << direct.problems.front();
  EXPECT_FALSE(direct.config.bucket.takes_uploads);
  const LoadedConfig both = load("uploads = \"direct\"\npublic_endpoint = \"https://files.example.com\"\n");
  ASSERT_EQ(both.problems.size(), 1u);
  EXPECT_EQ(both.problems[0],
            "sitepod.toml:6:1: storage.s3.public_endpoint has no effect while storage.s3.uploads is \"direct\": leave "
            "one of them out");
  EXPECT_EQ(load("take_over = \"srv_0a\"\n").config.bucket_take_over, "srv_0a");
  for (const char* id : {"srv_", "usr_0a", "srv_A", "srv_0 a"})
    EXPECT_FALSE(load(std::string("take_over = \"") + id + "\"\n").problems.empty()) << id;
  EXPECT_FALSE(load("uploads = \"often\"\n").problems.empty());
  EXPECT_FALSE(load("public_endpoint = \"https://files.example.com/pods\"\n").problems.empty());
}

TEST(Config, KindsOfBucketsHaveTheirDefaults) {
  const auto load = [](const std::string& type, const std::string& endpoint) {
    return load_config(sources_of("", {{"SITEPOD_STORAGE_TYPE", type},
                                       {"SITEPOD_S3_BUCKET", "pods"},
                                       {"SITEPOD_S3_ENDPOINT", endpoint},
                                       {"AWS_ACCESS_KEY_ID", "id"},
                                       {"AWS_SECRET_ACCESS_KEY", "key"}}));
  };
  EXPECT_EQ(load("s3", "").config.bucket.region, "us-east-1");
  EXPECT_EQ(load("r2", "https://x.r2.example").config.bucket.region, "auto");
  EXPECT_TRUE(load("oss", "https://oss-cn-hangzhou.example").config.bucket.is_name_in_host);
  EXPECT_FALSE(load("oss", "http://127.0.0.1:9000").config.bucket.is_name_in_host);
  EXPECT_FALSE(load("oss", "http://localhost:9000").config.bucket.is_name_in_host);
  ASSERT_EQ(load("oss", "").problems.size(), 1u);
  EXPECT_NE(load("oss", "").problems[0].find("needs storage.s3.endpoint"), std::string::npos);
}

TEST(Config, BucketThatIsHalfSetIsRefusedWithWhatIsMissing) {
  const LoadedConfig loaded = load_config(sources_of("", {{"SITEPOD_STORAGE_TYPE", "s3"}}));
  ASSERT_EQ(loaded.problems.size(), 3u);
  EXPECT_NE(loaded.problems[0].find("SITEPOD_STORAGE_TYPE: storage.type \"s3\" needs storage.s3.bucket"),
            std::string::npos);
  const LoadedConfig twice = load_config(sources_of("", {{"AWS_ACCESS_KEY_ID", "a"}, {"SITEPOD_S3_ACCESS_KEY", "b"}}));
  ASSERT_EQ(twice.problems.size(), 1u);
  EXPECT_EQ(twice.problems[0],
            "SITEPOD_S3_ACCESS_KEY is another name of AWS_ACCESS_KEY_ID, which has another value; set one of them");
  for (const char* endpoint : {"s3.example.com", "ftp://s3.example.com", "http://", "http://u:p@h", "http://h/path"})
    EXPECT_FALSE(load_config(sources_of("", {{"SITEPOD_S3_ENDPOINT", endpoint}})).problems.empty()) << endpoint;
  for (const char* bucket : {"ab", "Pods", "a/b", "a..b", "-abc"})
    EXPECT_FALSE(load_config(sources_of("", {{"SITEPOD_S3_BUCKET", bucket}})).problems.empty()) << bucket;
}

TEST(Config, VariablesThatOtherProgramsReadTooAreNotedAndNotRefused) {
  const LoadedConfig loaded =
      load_config(sources_of("", {{"CF_API_TOKEN", "t"}, {"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", "s"}}));
  EXPECT_TRUE(loaded.problems.empty());
  ASSERT_EQ(loaded.without_effect.size(), 2u);
  EXPECT_EQ(loaded.without_effect[0]->name, "CF_API_TOKEN");
  EXPECT_EQ(loaded.without_effect[1]->name, "AWS_SECRET_ACCESS_KEY");
}

TEST(Config, ATokenForDnsHasAnEffectOnlyWhereCertificatesAreOrdered) {
  const std::vector<std::pair<std::string, std::string>> ordering = {
      {"SITEPOD_HTTPS_ADDR", ":443"}, {"SITEPOD_ACME_EMAIL", "a@b.test"}, {"CF_API_TOKEN", "t0ken-of_zone"}};
  const LoadedConfig loaded = load_config(sources_of("", {ordering.begin(), ordering.end()}));
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_TRUE(loaded.without_effect.empty());
  EXPECT_TRUE(loaded.config.orders_wildcard());
  EXPECT_EQ(loaded.config.cloudflare_api, "https://api.cloudflare.com/client/v4");
  EXPECT_EQ(print_config(loaded).find("t0ken"), std::string::npos);
  for (const char* token : {"two words", "line\r\nX-Evil: 1", "\xc3\xa4"}) {
    const LoadedConfig refused = load_config(sources_of("", {{"CF_API_TOKEN", token}}));
    ASSERT_EQ(refused.problems.size(), 1u) << token;
    EXPECT_EQ(refused.problems[0].find(token), std::string::npos);
  }
  for (const char* url : {"http://api.test", "https://api.test/", "https://api.test/v4?x"})
    EXPECT_EQ(load_config(sources_of("", {{"SITEPOD_CLOUDFLARE_API", url}})).problems.size(), 1u) << url;
}

TEST(Config, BehindAProxyItListensEverywhereUnlessToldOtherwise) {
  const LoadedConfig proxied = load_config(sources_of("", {{"SITEPOD_PROXY_MODE", "true"}}));
  EXPECT_EQ(proxied.config.listen_host + ":" + std::to_string(proxied.config.listen_port), "0.0.0.0:8080");
  const LoadedConfig told = load_config(sources_of("", {{"SITEPOD_PROXY_MODE", "1"}}, {{"--listen", "127.0.0.1:9"}}));
  EXPECT_EQ(told.config.listen_host, "127.0.0.1");
  EXPECT_TRUE(load_config(sources_of("", {{"SITEPOD_TRUSTED_PROXIES", "10.0.0.0/8"}}))
                  .config.trusted_proxies.contains("10.1.2.3"));
  EXPECT_EQ(load_config(sources_of("", {{"SITEPOD_TRUSTED_PROXIES", "proxy"}})).problems.size(), 1u);
}

TEST(Config, PrintsEverySettingWithItsOrigin) {
  std::string text = print_config(load_config(sources_of("", {}, {{"--domain", "a.test"}})));
  EXPECT_NE(text.find("domain.primary = \"a.test\"  # --domain\n"), std::string::npos);
  EXPECT_NE(text.find("server.http_addr = \"127.0.0.1:8080\"  # default\n"), std::string::npos);
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), all_settings().size());
}

}  // namespace
}  // namespace sitepod::app
