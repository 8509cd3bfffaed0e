#include "control/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace sitepod::control {
namespace {

using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::MetricType;

const Histogram::BucketBoundaries kRequestSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10,   60};
const Histogram::BucketBoundaries kDeploySeconds = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800};
constexpr int kTooManyRequests = 429;

using Labels = std::vector<std::pair<std::string, std::string>>;

// A family whose values are read when asked for, instead of kept.
class Reading {
 public:
  Reading(MetricType type, std::string name, std::string help) {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }
  Reading& add(std::uint64_t value, const Labels& labels = {}) {
    ClientMetric& metric = family_.metric.emplace_back();
    for (const auto& [name, text] : labels) metric.label.push_back({name, text});
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
    return *this;
  }
  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

Reading gauge(std::string name, std::string help) { return {MetricType::Gauge, std::move(name), std::move(help)}; }
Reading counter(std::string name, std::string help) { return {MetricType::Counter, std::move(name), std::move(help)}; }

// Their times are those of all tries, also of those without an answer.
void add_bucket(const BucketFigures& bucket, std::vector<MetricFamily>& families) {
  Reading requests = counter("sitepod_bucket_requests_total", "Requests to the bucket, by how they ended.");
  MetricFamily times{
      "sitepod_bucket_request_duration_seconds", "Time of requests to the bucket.", MetricType::Histogram, {}};
  for (const BucketOperationFigures& each : bucket.operations) {
    for (const auto& [outcome, count] : each.outcomes)
      requests.add(count, {{"operation", each.operation}, {"outcome", outcome}});
    ClientMetric& metric = times.metric.emplace_back();
    metric.label.push_back({"operation", each.operation});
    for (const auto& [seconds, count] : each.answered_within) metric.histogram.bucket.push_back({count, seconds});
    metric.histogram.bucket.push_back({each.answered, std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = each.answered;
    metric.histogram.sample_sum = each.seconds;
  }
  const auto add = [&](Reading&& reading) { families.push_back(reading.take()); };
  add(std::move(requests));
  families.push_back(std::move(times));
  add(std::move(counter("sitepod_bucket_sent_bytes_total", "Bytes that the bucket was sent.").add(bucket.sent_bytes)));
  add(std::move(
      counter("sitepod_bucket_received_bytes_total", "Bytes that the bucket answered.").add(bucket.received_bytes)));
  add(std::move(gauge("sitepod_bucket_up", "The bucket answers, and is this server's.").add(bucket.is_usable)));
  add(std::move(gauge("sitepod_bucket_spool_blobs", "Uploads that no commit has brought to the bucket.")
                    .add(bucket.spool_blobs)));
  add(std::move(gauge("sitepod_bucket_spool_bytes", "Their bytes.").add(bucket.spool_bytes)));
  add(std::move(gauge("sitepod_bucket_spool_age_seconds", "Age of the oldest of them.").add(bucket.spool_age_seconds)));
}

WorkerFigures sum_of(const std::vector<WorkerFigures>& workers) {
  WorkerFigures sum;
  for (const WorkerFigures& worker : workers) {
    sum.connections += worker.connections;
    for (std::size_t i = 0; i < sum.answers.size(); ++i) sum.answers[i] += worker.answers[i];
    sum.sent_bytes += worker.sent_bytes;
    sum.body_hits += worker.body_hits;
    sum.body_misses += worker.body_misses;
    sum.file_hits += worker.file_hits;
    sum.file_misses += worker.file_misses;
    sum.tls_handshakes += worker.tls_handshakes;
    sum.tls_failures += worker.tls_failures;
  }
  return sum;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  std::array<Counter*, 6> api_requests{};  // by the first digit of the status
  Histogram& request_seconds;
  Histogram& deploy_seconds;
  Counter& rate_limited;
  Counter& plan_files;
  Counter& plan_files_reused;
  Counter& uploads;
  Counter& upload_bytes;
  Counter& deploys;
  Counter& rollbacks;

  State();
  Family<Counter>& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Histogram& histogram(const char* name, const char* help, const prometheus::Labels& labels,
                       const Histogram::BucketBoundaries& buckets) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, buckets);
  }
};

Metrics::State::State()
    : request_seconds(histogram("sitepod_http_request_duration_seconds", "Time that a request spent with its handler.",
                                {{"class", "api"}}, kRequestSeconds)),
      deploy_seconds(histogram("sitepod_deploy_duration_seconds", "Time from a plan to its image, uploads included.",
                               {}, kDeploySeconds)),
      rate_limited(counters("sitepod_rate_limited_total", "API requests refused with 429.").Add({})),
      plan_files(counters("sitepod_plan_files_total", "Files that plans named.").Add({})),
      plan_files_reused(
          counters("sitepod_plan_files_reused_total", "Files of plans whose bytes were there already.").Add({})),
      uploads(counters("sitepod_uploads_total", "Files stored by uploads.").Add({})),
      upload_bytes(counters("sitepod_upload_bytes_total", "Bytes of the bodies of uploads.").Add({})),
      deploys(counters("sitepod_deploys_total", "Images made live.").Add({{"kind", "deploy"}})),
      rollbacks(counters("sitepod_deploys_total", "Images made live.").Add({{"kind", "rollback"}})) {}

Metrics::Metrics() : state_(std::make_unique<State>()) {
  Family<Counter>& requests = state_->counters("sitepod_api_requests_total", "API requests by class of status.");
  for (std::size_t digit = 1; digit < state_->api_requests.size(); ++digit)
    state_->api_requests[digit] = &requests.Add({{"code", std::to_string(digit) + "xx"}});
}

Metrics::~Metrics() = default;

void Metrics::count_request(int status, double seconds) {
  const auto digit = static_cast<std::size_t>(status / 100);
  if (digit > 0 && digit < state_->api_requests.size()) state_->api_requests[digit]->Increment();
  state_->request_seconds.Observe(seconds);
  if (status == kTooManyRequests) state_->rate_limited.Increment();
}

void Metrics::count_plan(std::size_t files, std::size_t reused) {
  state_->plan_files.Increment(static_cast<double>(files));
  state_->plan_files_reused.Increment(static_cast<double>(reused));
}

void Metrics::count_uploads(std::size_t files, std::uint64_t bytes) {
  state_->uploads.Increment(static_cast<double>(files));
  state_->upload_bytes.Increment(static_cast<double>(bytes));
}

void Metrics::count_commit(double seconds) { state_->deploy_seconds.Observe(seconds); }

void Metrics::count_release(std::string_view kind) {
  (kind == "rollback" ? state_->rollbacks : state_->deploys).Increment();
}

std::string Metrics::render(const ServerFigures& figures, std::int64_t uptime_seconds) const {
  const WorkerFigures sum = sum_of(figures.workers);
  std::vector<MetricFamily> families;
  const auto add = [&](Reading&& reading) { families.push_back(reading.take()); };
  add(std::move(gauge("sitepod_up", "The server answers.").add(1)));
  add(std::move(
      gauge("sitepod_uptime_seconds", "Seconds since the start.").add(static_cast<std::uint64_t>(uptime_seconds))));
  add(std::move(gauge("sitepod_build_info", "The version.").add(1, {{"version", SITEPOD_VERSION}})));

  Reading requests = counter("sitepod_http_requests_total", "Requests by class: of visitors, of the API.");
  std::uint64_t api_errors = 0;
  for (std::size_t digit = 2; digit < sum.answers.size(); ++digit) {
    const std::string code = std::to_string(digit) + "xx";
    requests.add(sum.answers[digit], {{"class", "site"}, {"code", code}});
    const auto of_api = static_cast<std::uint64_t>(state_->api_requests[digit]->Value());
    requests.add(of_api, {{"class", "api"}, {"code", code}});
    if (digit == 5) api_errors = of_api;
  }
  add(std::move(requests));
  add(std::move(counter("sitepod_errors_total", "Answers with a status of 500 or more.")
                    .add(sum.answers[5], {{"class", "site"}})
                    .add(api_errors, {{"class", "api"}})));
  add(std::move(counter("sitepod_http_sent_bytes_total", "Bytes of the bodies of all answers.").add(sum.sent_bytes)));
  add(std::move(gauge("sitepod_http_connections", "Open connections.").add(sum.connections)));
  add(std::move(counter("sitepod_cache_hits_total", "Contents and open files that a worker had.")
                    .add(sum.body_hits, {{"cache", "bodies"}})
                    .add(sum.file_hits, {{"cache", "files"}})));
  add(std::move(counter("sitepod_cache_misses_total", "Contents and files that had to be fetched or waited for.")
                    .add(sum.body_misses, {{"cache", "bodies"}})
                    .add(sum.file_misses, {{"cache", "files"}})));

  if (figures.speaks_https) {
    add(std::move(counter("sitepod_tls_handshakes_total", "TLS handshakes by how they ended.")
                      .add(sum.tls_handshakes, {{"result", "done"}})
                      .add(sum.tls_failures, {{"result", "failed"}})));
    Reading ends =
        gauge("sitepod_tls_certificate_not_after_seconds", "When a certificate ends, in seconds since 1970.");
    for (const CertificateFigures& each : figures.certificates)
      ends.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, each.not_after)), {{"name", each.name}});
    add(std::move(ends));
    if (figures.hosts_without_certificate)
      add(std::move(gauge("sitepod_acme_waiting_hosts", "Hosts whose certificate could not be had or renewed yet.")
                        .add(*figures.hosts_without_certificate)));
  }

  MetricFamily reuse{
      "sitepod_reuse_ratio", "Share of planned files whose bytes were there already.", MetricType::Gauge, {}};
  const double planned = state_->plan_files.Value();
  reuse.metric.emplace_back().gauge.value = planned > 0 ? state_->plan_files_reused.Value() / planned : 0;
  families.push_back(std::move(reuse));

  add(std::move(gauge("sitepod_storage_blobs", "Files in the blob store.").add(figures.store.blobs)));
  add(std::move(gauge("sitepod_storage_bytes", "Their bytes.").add(figures.store.blob_bytes)));
  add(std::move(gauge("sitepod_damaged_blobs", "Files in quarantine.").add(figures.store.damaged_blobs)));
  if (figures.bucket) add_bucket(*figures.bucket, families);
  add(std::move(gauge("sitepod_projects", "Projects.").add(figures.store.projects)));
  add(std::move(gauge("sitepod_images", "Images.").add(figures.store.images)));
  add(std::move(gauge("sitepod_users", "Accounts of people.").add(figures.store.users)));
  add(std::move(gauge("sitepod_snapshot_generation", "The newest snapshot.").add(figures.generation)));
  add(std::move(gauge("sitepod_queue_depth", "Work that runs or waits for a thread.")
                    .add(figures.api_queue, {{"queue", "api"}})
                    .add(figures.blob_queue, {{"queue", "blob"}})));
  add(std::move(
      counter("sitepod_access_log_dropped_total", "Lines that the access log lost.").add(figures.access_log_dropped)));

  for (MetricFamily& family : state_->registry.Collect())
    if (family.name != "sitepod_api_requests_total") families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sitepod::control
